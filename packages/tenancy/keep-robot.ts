import { hasCode, type KubeClient, SECRETS, type Secret } from "@ccm/kube";
import type { RegistryRobots } from "./cloud.ts";
import { DOCKER_CONFIG, DOCKER_CONFIG_TYPE } from "./desired/pull-secret.ts";
import { pullSourceName, ROBOT_ANNOTATION, ROBOT_PROJECT_ANNOTATION, TENANT_LABEL } from "./names.ts";
import { robotRecord } from "./robot.ts";
import type { RobotRequest } from "./steps.ts";

export interface RobotParts {
  readonly client: KubeClient;
  readonly operatorNamespace: string;
  readonly robots: RegistryRobots;
}

/**
 * First the password in the tenant's own Secret, then the robot with it, then the word that it is there: whoever comes
 * after a crash finds the password of whatever robot there is.
 */
export async function keepRobot(robot: RobotRequest, parts: RobotParts, signal: AbortSignal): Promise<void> {
  const { client, operatorNamespace, robots } = parts;
  const there = await read(robot.tenant, parts, signal);
  const known = robotRecord(there);
  if (there && (known?.instanceID !== robot.instanceID || known.name !== robot.name)) {
    const what = `Secret ${operatorNamespace}/${pullSourceName(robot.tenant)}`;
    throw new Error(`${what} is not of this robot: expected one with ${DOCKER_CONFIG}, or none`);
  }
  const secret = there ?? (await client.create(SECRETS, await begun(robot, parts, signal), { signal }));
  const config = Buffer.from(secret.data?.[DOCKER_CONFIG] ?? "", "base64").toString();
  await robots.keep(robot, config, signal);
  const annotations = { ...secret.metadata.annotations, [ROBOT_PROJECT_ANNOTATION]: robot.project };
  await client.update(SECRETS, { ...secret, metadata: { ...secret.metadata, annotations } }, { signal });
}

/** The robot first: as long as there is one, the Secret tells of it. */
export async function removeRobot(robot: RobotRequest, parts: RobotParts, signal: AbortSignal): Promise<void> {
  const there = await read(robot.tenant, parts, signal);
  const known = robotRecord(there);
  if (!there || known?.instanceID !== robot.instanceID || known.name !== robot.name) return;
  await parts.robots.remove(robot, signal);
  const { name = "", namespace = "", uid } = there.metadata;
  await parts.client.delete(SECRETS, { namespace, name }, { signal, ...(uid ? { preconditions: { uid } } : {}) });
}

async function read(tenant: string, { client, operatorNamespace }: RobotParts, signal: AbortSignal) {
  try {
    return await client.get(SECRETS, { namespace: operatorNamespace, name: pullSourceName(tenant) }, { signal });
  } catch (error) {
    if (hasCode(error, "not_found")) return undefined;
    throw error;
  }
}

async function begun(robot: RobotRequest, parts: RobotParts, signal: AbortSignal): Promise<Secret> {
  const config = await parts.robots.login(robot, signal);
  return {
    metadata: {
      name: pullSourceName(robot.tenant),
      namespace: parts.operatorNamespace,
      labels: { [TENANT_LABEL]: robot.tenant },
      annotations: { [ROBOT_ANNOTATION]: `${robot.instanceID}/${robot.name}` },
    },
    type: DOCKER_CONFIG_TYPE,
    data: { [DOCKER_CONFIG]: Buffer.from(config).toString("base64") },
  };
}
