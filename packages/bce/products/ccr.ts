import { Secret } from "@ccm/base";
import type { Scheduler } from "../api-call.ts";
import type { ReadOptions, WriteOptions } from "../call.ts";
import { allNumberedPages, broken, listAt } from "../paging.ts";
import { given, lookOf, objectOf, product, required, unlessAbsent, whenDone } from "../request.ts";

/** A registry of the enterprise edition. */
export interface RegistryInstance {
  /** `ccr-` and eight characters. */
  readonly id: string;
  readonly name: string;
  readonly instanceType: string;
  /** Hosts that docker speaks to; absent or "" where there is none. */
  readonly publicURL?: string | null;
  readonly privateURL?: string | null;
  readonly customDomains?: readonly string[] | null;
  readonly region: string;
  /** No source lists the values. */
  readonly status: string;
  readonly expireTime: string;
}

export interface RobotPermission {
  readonly kind: "project";
  /** A project, or "*". */
  readonly namespace: string;
  /** Harbor's words: resource "repository", action "pull" or "push". */
  readonly access: readonly { readonly resource: string; readonly action: string }[];
}

/** An account for machines. Its name never changes. */
export interface Robot {
  readonly id: number;
  /** What docker logs in as: `ccr$` and the name it was made with. */
  readonly name: string;
  readonly disable: boolean;
  readonly description: string;
  /** Days from the creation; -1: for ever. */
  readonly duration: number;
  /** Unix seconds; -1: never. */
  readonly expiresAt: number;
  readonly creationTime: string;
  readonly permissions: readonly RobotPermission[];
}

export interface RobotSpec {
  /** Without `ccr$`: 1 to 65 of a-z, 0-9 and single `._-` between them. */
  readonly name: string;
  /** 8 to 65 characters. Chosen by the caller, who has it then also after a crash. */
  readonly secret: Secret;
  readonly description: string;
  /** Days; -1: for ever. */
  readonly duration: number;
  readonly permissions: readonly RobotPermission[];
}

export interface RegistryProject {
  readonly projectId: number;
  readonly projectName: string;
  readonly repoCount: number;
  /** "true" lets everybody pull. */
  readonly public: string;
}

export interface RegistryRepository {
  readonly projectName: string;
  readonly repositoryName: string;
  readonly tagCount: number;
}

/** The personal edition: one registry for each account, free, without robots. */
export interface PersonalRegistry {
  /** What docker logs in as. Throws a BceError of kind "absent" where the registry was never used. */
  userName(options?: ReadOptions): Promise<string>;
  /** A password for some hours. */
  temporaryPassword(
    hours: number,
    options?: ReadOptions,
  ): Promise<{ readonly password: Secret /** As the cloud writes it. */; readonly expires: string }>;
}

/** The container registry. Names of users and robots cannot be changed: no call does it. */
export interface Ccr {
  /** Follows the pages. `everywhere`: of all regions, not only of this one. */
  listInstances(
    filter?: { readonly everywhere?: boolean },
    options?: ReadOptions,
  ): Promise<readonly RegistryInstance[]>;
  getInstance(instanceId: string, options?: ReadOptions): Promise<RegistryInstance>;
  /** What an IAM user logs in as; default: the caller. */
  loginName(userId?: string, options?: ReadOptions): Promise<string>;
  /** Of the caller, in addition to the password it has. 1 to 24 hours; nothing ends it earlier. */
  temporaryPassword(instanceId: string, hours: number, options?: ReadOptions): Promise<Secret>;
  /**
   * Sets the caller's password; the one before ends at once. 8 to 20 characters with upper, lower and digit, symbols of
   * `!@#$%^*()`. Of an attempt without an answer nobody knows: try the password, or set it again.
   */
  setPassword(instanceId: string, password: Secret, options: WriteOptions): Promise<void>;

  /** Follows the pages. */
  listRobots(instanceId: string, options?: ReadOptions): Promise<readonly Robot[]>;
  createRobot(instanceId: string, spec: RobotSpec, options: WriteOptions): Promise<Robot>;
  /** What is not named stays. */
  updateRobot(
    instanceId: string,
    robot: Robot,
    change: Partial<Pick<Robot, "description" | "duration" | "disable" | "permissions">>,
    options: WriteOptions,
  ): Promise<void>;
  /** Gives a robot this secret; the one before ends at once. */
  setRobotSecret(instanceId: string, robotId: number, secret: Secret, options: WriteOptions): Promise<void>;
  deleteRobot(instanceId: string, robotId: number, options: WriteOptions): Promise<void>;

  listProjects(instanceId: string, options?: ReadOptions): Promise<readonly RegistryProject[]>;
  listRepositories(instanceId: string, project: string, options?: ReadOptions): Promise<readonly RegistryRepository[]>;
  readonly personal: PersonalRegistry;
}

/** What a robot needs to pull from these projects ("*": all). */
export function pullPermissions(projects: readonly string[]): readonly RobotPermission[] {
  const access = [{ resource: "repository", action: "pull" }];
  return projects.map((namespace) => ({ kind: "project", namespace, access }));
}

export function createCcr(call: Scheduler, endpoints: { readonly enterprise: string; readonly personal: string }): Ccr {
  const ccr = product("ccr", endpoints.enterprise);
  const at = (instanceId: string, rest = "") => `/v1/instances/${instanceId}${rest}`;
  const pages = <T>(action: string, path: string, field: string, options: ReadOptions, query = given({})) => {
    const request = ccr.read(action, path, query, options);
    return allNumberedPages<T>(call, request, (answer) => {
      const { total } = answer;
      return { entries: listAt<T>(request, answer, field), total: typeof total === "number" ? total : undefined };
    });
  };
  const listRobots: Ccr["listRobots"] = (instanceId, options = {}) =>
    pages("listRobots", at(instanceId, "/robots"), "robots", options);
  const robotAt = (instanceId: string, id: number) => at(instanceId, `/robots/${id}`);
  const getRobot = (instanceId: string, id: number, options: ReadOptions) =>
    objectOf<Robot>(call, ccr.read("getRobot", robotAt(instanceId, id), [], options), "name");

  return {
    listInstances({ everywhere } = {}, options = {}) {
      const query = given({ acrossregion: everywhere ? "true" : undefined });
      return pages("listInstances", "/v1/instances", "instances", options, query);
    },
    getInstance: (instanceId, options = {}) =>
      objectOf(call, ccr.read("getInstance", at(instanceId), [], options), "id", "info"),
    async loginName(userId, options = {}) {
      const request = ccr.read("getLoginName", "/v1/users/profile", given({ userId }), options);
      return required(request, await call(request), "name");
    },
    async temporaryPassword(instanceId, duration, options = {}) {
      // It takes nothing away and ends by itself: asking twice does no harm.
      const path = at(instanceId, "/credential");
      const request = ccr.lookUp("createTemporaryPassword", path, { duration }, { lane: "user", ...options });
      return new Secret(required(request, await call(request), "password"));
    },
    async setPassword(instanceId, password, options) {
      const body = { password: password.reveal() };
      await call(ccr.write("setPassword", "PUT", at(instanceId, "/credential"), options, { body }));
    },

    listRobots,
    async createRobot(instanceId, spec, options) {
      const observe = async () => {
        const robots = await listRobots(instanceId, lookOf(options));
        const made = robots.find(({ name }) => name === `ccr$${spec.name}`);
        // A robot of somebody else with this name has another description.
        return made?.description === spec.description ? { ...made } : undefined;
      };
      const body = { ...spec, secret: spec.secret.reveal(), disable: false };
      const request = ccr.write("createRobot", "POST", at(instanceId, "/robots"), options, { body, observe });
      // Its secret is known already, and has no place in what is handed on.
      const { id, name, disable, description, duration, expiresAt, creationTime, permissions } = await objectOf<Robot>(
        call,
        request,
        "name",
      );
      return { id, name, disable, description, duration, expiresAt, creationTime, permissions };
    },
    async updateRobot(instanceId, robot, change, options) {
      const { description, duration, disable, permissions } = { ...robot, ...change };
      // All of it: Harbor, which answers here, takes what is missing for a wish to have it empty.
      const body = { description, duration, disable, permissions };
      const observe = () =>
        whenDone(
          getRobot(instanceId, robot.id, lookOf(options)).then(
            (found) => found.disable === disable && found.description === description,
          ),
        );
      await call(ccr.write("updateRobot", "PUT", robotAt(instanceId, robot.id), options, { body, observe }));
    },
    async setRobotSecret(instanceId, robotId, secret, options) {
      // To set the same secret again changes nothing: what nobody knows of is simply not done yet.
      const observe = async () => undefined;
      const path = `${robotAt(instanceId, robotId)}/secret`;
      await call(ccr.write("setRobotSecret", "PUT", path, options, { body: { secret: secret.reveal() }, observe }));
    },
    async deleteRobot(instanceId, robotId, options) {
      const gone = async () => {
        const found = await unlessAbsent(getRobot(instanceId, robotId, lookOf(options)));
        return found === undefined;
      };
      const lane = { lane: "delete", ...options } as const;
      const observe = () => whenDone(gone());
      await call(ccr.write("deleteRobot", "DELETE", robotAt(instanceId, robotId), lane, { observe }));
    },

    listProjects: (instanceId, options = {}) => pages("listProjects", at(instanceId, "/projects"), "projects", options),
    listRepositories: (instanceId, project, options = {}) =>
      pages("listRepositories", at(instanceId, `/projects/${project}/repositories`), "items", options),
    personal: createPersonal(call, endpoints.personal),
  };
}

function createPersonal(call: Scheduler, endpoint: string): PersonalRegistry {
  const ccr = product("ccr", endpoint);
  return {
    async userName(options = {}) {
      const request = ccr.read("getPersonalUser", "/v1/ccr/user", [], options);
      return required(request, await call(request), "username");
    },
    async temporaryPassword(duration, options = {}) {
      const request = ccr.lookUp("createPersonalToken", "/v1/ccr/token", { duration }, { lane: "user", ...options });
      const answer = await call(request);
      const { expireTime } = answer;
      if (typeof expireTime !== "string") throw broken(request, "the answer has no expireTime");
      return { password: new Secret(required(request, answer, "token")), expires: expireTime };
    },
  };
}
