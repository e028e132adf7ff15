import type { Account } from "../../account.ts";
import { badRequest, Fault, noSuchObject, quotaExceeded } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { boolean, integer, list, object, oneOf, optional, text } from "../../api/schema.ts";
import { newSecret } from "./credentials.ts";
import { NUMBERED, numberedPage, numberedPageOf } from "./paging.ts";
import { getRegistry, hashOf, type Permission, projectsOf, type Robot, robotsOf } from "./records.ts";

const NAME = text({
  max: 65,
  pattern: /^[a-z0-9]+(?:[._-][a-z0-9]+)*$/,
  hint: "lower-case letters and digits, single ._- between them",
});
const SECRET = text({ pattern: /^.{8,65}$/, hint: "8 to 65 characters" });
const DURATION = integer(-1, 36_500);
const PERMISSIONS = list(
  object({
    kind: optional(oneOf("project"), "project"),
    namespace: text(),
    access: list(object({ resource: text(), action: text() })),
  }),
);
const ROBOT_FIELDS = {
  id: integer(),
  name: text(),
  level: text(),
  disable: boolean(),
  description: optional(text()),
  duration: integer(-1),
  expiresAt: integer(-1),
  creationTime: text(),
  updateTime: text(),
  editable: boolean(),
  permissions: PERMISSIONS,
};
const PATH = "/v1/instances/{instanceId}/robots";
const DAY_S = 86_400;

const OPERATIONS = operations({
  ListRobotAccounts: {
    summary: "Lists the robots of a registry.",
    method: "GET",
    path: PATH,
    query: { ...NUMBERED, status: optional(oneOf("enabled", "disabled")) },
    answer: numberedPageOf("robots", object(ROBOT_FIELDS)),
    errors: ["NoSuchObject"],
  },
  CreateRobotAccount: {
    summary: "Creates a robot; its secret is told this one time.",
    method: "POST",
    path: PATH,
    body: object({
      name: NAME,
      secret: optional(SECRET),
      disable: optional(boolean(), false),
      duration: DURATION,
      description: optional(text(), ""),
      permissions: PERMISSIONS,
    }),
    answer: object({ ...ROBOT_FIELDS, secret: text() }),
    errors: ["NoSuchObject", "Conflict", "QuotaLimitExceeded"],
  },
  GetRobotAccount: {
    summary: "One robot.",
    method: "GET",
    path: `${PATH}/{robotId}`,
    answer: object(ROBOT_FIELDS),
    errors: ["NoSuchObject"],
  },
  UpdateRobotAccount: {
    summary: "Changes what a robot may, for how long, and whether at all.",
    method: "PUT",
    path: `${PATH}/{robotId}`,
    body: object({
      description: optional(text()),
      duration: optional(DURATION),
      disable: optional(boolean()),
      permissions: optional(PERMISSIONS),
    }),
    errors: ["NoSuchObject"],
  },
  DeleteRobotAccount: {
    summary: "Deletes a robot.",
    method: "DELETE",
    path: `${PATH}/{robotId}`,
    errors: ["NoSuchObject"],
  },
  RefreshRobotAccountKey: {
    summary: "Gives a robot another secret; the one before ends at once.",
    method: "PUT",
    path: `${PATH}/{robotId}/secret`,
    body: object({ secret: optional(SECRET) }),
    answer: object({ secret: text() }),
    errors: ["NoSuchObject"],
  },
});

export const robots = part(OPERATIONS, (account) => {
  const all = robotsOf(account);
  const get = (instanceId: string, id: string): Robot => {
    getRegistry(account, instanceId);
    const robot = all.get(`${instanceId}/${id}`);
    if (!robot) throw noSuchObject(id);
    return robot;
  };
  const save = (robot: Robot): void => all.set(`${robot.instanceId}/${robot.id}`, robot);
  const of = (instanceId: string) => all.all().filter((robot) => robot.instanceId === instanceId);

  return {
    ListRobotAccounts({ params: { instanceId }, query }) {
      getRegistry(account, instanceId);
      const chosen = of(instanceId).filter(({ disable }) => !query.status || disable === (query.status === "disabled"));
      return numberedPage(query, "robots", chosen.map(view));
    },
    CreateRobotAccount({ params: { instanceId }, body }) {
      getRegistry(account, instanceId);
      checkPermissions(account, instanceId, body.permissions);
      const name = `ccr$${body.name}`;
      if (of(instanceId).some((robot) => robot.name === name))
        throw new Fault(409, "Conflict", `The robot account ${name} exists already.`);
      if (of(instanceId).length >= account.quotas.ccrRobots) throw quotaExceeded("robot accounts");
      const secret = body.secret || newSecret(account);
      const time = account.time();
      const robot: Robot = {
        id: account.shared.next("ccrRobotIds"),
        instanceId,
        name,
        level: "system",
        disable: body.disable,
        description: body.description,
        duration: body.duration,
        expiresAt: endOf(account, body.duration),
        creationTime: time,
        updateTime: time,
        editable: true,
        permissions: body.permissions,
        secretHash: hashOf(secret),
      };
      save(robot);
      return { ...view(robot), secret };
    },
    GetRobotAccount: ({ params: { instanceId, robotId } }) => view(get(instanceId, robotId)),
    UpdateRobotAccount({ params: { instanceId, robotId }, body }) {
      const robot = get(instanceId, robotId);
      if (body.permissions) checkPermissions(account, instanceId, body.permissions);
      const duration = body.duration ?? robot.duration;
      save({
        ...robot,
        description: body.description ?? robot.description,
        disable: body.disable ?? robot.disable,
        permissions: body.permissions ?? robot.permissions,
        duration,
        // Days count from the creation, as in Harbor.
        expiresAt: duration === -1 ? -1 : Math.floor(Date.parse(robot.creationTime) / 1000) + duration * DAY_S,
        updateTime: account.time(),
      });
      return {};
    },
    DeleteRobotAccount({ params: { instanceId, robotId } }) {
      get(instanceId, robotId);
      all.delete(`${instanceId}/${robotId}`);
      return {};
    },
    RefreshRobotAccountKey({ params: { instanceId, robotId }, body }) {
      const robot = get(instanceId, robotId);
      const secret = body.secret || newSecret(account);
      save({ ...robot, secretHash: hashOf(secret), updateTime: account.time() });
      return { secret };
    },
  };
});

function view({ instanceId: _, secretHash: __, ...robot }: Robot): object {
  return robot;
}

function endOf({ clock }: Account, days: number): number {
  return days === -1 ? -1 : Math.floor(clock.now() / 1000) + days * DAY_S;
}

function checkPermissions(account: Account, instanceId: string, permissions: readonly Permission[]): void {
  if (permissions.length === 0) throw badRequest("permissions: expected at least one.");
  for (const { namespace } of permissions) {
    if (namespace !== "*" && !projectsOf(account).has(`${instanceId}/${namespace}`)) throw noSuchObject(namespace);
  }
}
