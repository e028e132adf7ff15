import type { IamGrant, RobotRequest } from "./steps.ts";

/** Who may sign in to the cluster, as the cloud keeps it. Every call throws what the cloud refuses. */
export interface TenantCloud {
  /** In this cluster. */
  grantsOf(user: string, signal: AbortSignal): Promise<readonly IamGrant[]>;
  grant(grant: IamGrant, signal: AbortSignal): Promise<void>;
  revoke(grant: IamGrant, signal: AbortSignal): Promise<void>;
}

/** Where robots that pull images are made. */
export interface RegistryRobots {
  /** The text of a docker config that logs in as this robot, with a new password. Changes nothing. */
  login(robot: RobotRequest, signal: AbortSignal): Promise<string>;
  /** Sees to it that the robot is there with the config's password, and may pull from its project; again after a crash. */
  keep(robot: RobotRequest, config: string, signal: AbortSignal): Promise<void>;
  /** Deletes the robot, if it is there and has the mark. */
  remove(robot: RobotRequest, signal: AbortSignal): Promise<void>;
}
