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
  /**
   * The text of a docker config with a robot that may pull from the project. Called again after a crash: a robot of the same
   * tenant that is there already gets a new password.
   */
  provide(request: RobotRequest, signal: AbortSignal): Promise<string>;
}
