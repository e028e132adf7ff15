import type { Random } from "@ccm/base";
import { type Ccr, clientToken, isBceError, pullPermissions, type Robot } from "@ccm/bce";
import { readDockerConfig, withCredential } from "./docker-config.ts";
import { newPassword } from "./rotation/rotation.ts";

/** A robot that somebody keeps for as long as a thing of theirs lives. */
export interface KeptRobot {
  readonly instanceID: string;
  /** Without `ccr$`. */
  readonly name: string;
  /** Its description: what proves that it is theirs. */
  readonly mark: string;
  /** What it may pull from, and nothing else. */
  readonly project: string;
}

type RobotApi = Pick<
  Ccr,
  "getInstance" | "listRobots" | "createRobot" | "updateRobot" | "setRobotSecret" | "deleteRobot"
>;

/**
 * Robots whose passwords are written down before there is a robot: after a crash at any call, the same call again brings
 * the robot to the password that is known. All throw a BceError.
 */
export function createRobotKeeper(ccr: RobotApi, random: Pick<Random, "uuid">) {
  const find = async ({ instanceID, name }: KeptRobot, signal: AbortSignal): Promise<Robot | undefined> => {
    const robots = await ccr.listRobots(instanceID, { signal });
    return robots.find((robot) => robot.name === `ccr$${name}`);
  };
  return {
    /** A docker config for all hosts of the registry, with a new password. Changes nothing. */
    async login({ instanceID, name }: KeptRobot, signal: AbortSignal): Promise<string> {
      const { publicURL, privateURL, customDomains } = await ccr.getInstance(instanceID, { signal });
      const hosts = [publicURL, privateURL, ...(customDomains ?? [])].flatMap((host) => host || []);
      if (hosts.length === 0) throw new Error(`registry ${instanceID} has no address: open one to pull from`);
      const credential = { username: `ccr$${name}`, password: newPassword(random) };
      return hosts.reduce((text, host) => withCredential(text, host, credential, "a new docker config"), "");
    },
    /** Makes the robot with the password of the docker config, or gives it to the one that is there. */
    async keep(kept: KeptRobot, config: string, signal: AbortSignal): Promise<void> {
      const { instanceID, name, mark, project } = kept;
      const entries = readDockerConfig(config, `the docker config of ${name}`);
      const credential = entries.find((one) => one.credential?.username === `ccr$${name}`)?.credential;
      if (!credential) throw new Error(`the docker config of ${name} has no password of ccr$${name}`);
      const secret = credential.password;
      const permissions = pullPermissions([project]);
      const robot = await find(kept, signal);
      if (!robot) {
        const spec = { name, secret, description: mark, duration: -1, permissions };
        // A robot that was made, deleted and is made again has another password: it is another purpose.
        const token = clientToken("kept-robot", mark, project, secret.reveal());
        await ccr.createRobot(instanceID, spec, { clientToken: token, signal });
        return;
      }
      if (robot.description !== mark) {
        throw new Error(
          `registry ${instanceID}: robot ccr$${name} is there already and is not ours: delete or rename it`,
        );
      }
      // The same again may have been done, and undone, before.
      const write = (what: string) => ({ clientToken: clientToken("kept-robot", mark, what, random.uuid()), signal });
      await ccr.setRobotSecret(instanceID, robot.id, secret, write("secret"));
      await ccr.updateRobot(instanceID, robot, { disable: false, duration: -1, permissions }, write("permissions"));
    },
    /** Deletes the robot. One with another mark stays, and a registry that is gone has none. */
    async remove(kept: KeptRobot, signal: AbortSignal): Promise<void> {
      try {
        const robot = await find(kept, signal);
        if (robot?.description !== kept.mark) return;
        const token = clientToken("kept-robot", kept.mark, "delete", String(robot.id));
        await ccr.deleteRobot(kept.instanceID, robot.id, { clientToken: token, signal });
      } catch (error) {
        if (!isBceError(error, "absent")) throw error;
      }
    },
  };
}
