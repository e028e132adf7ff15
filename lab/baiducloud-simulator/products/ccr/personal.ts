import type { Account } from "../../account.ts";
import { denied, noSuchObject } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { boolean, integer, list, object, optional, text } from "../../api/schema.ts";
import { addTemporary, callerName } from "./credentials.ts";
import { hashOf, imageTagsOf, loginsOf, projectsOf, repositoriesIn } from "./records.ts";

const HOUR_MS = 3_600_000;
/** The personal edition is an instance without an ID. */
export const PERSONAL = "";

const OPERATIONS = operations({
  CreatePersonalUser: {
    summary: "Personal edition: begins to use the registry, with a password.",
    method: "POST",
    path: "/v1/ccr/user/new",
    body: object({ password: text({ pattern: /^.{8,20}$/, hint: "8 to 20 characters" }) }),
    answer: object({ action: text(), targetName: text() }),
    errors: ["OperationDenied"],
  },
  GetPersonalUser: {
    summary: "Personal edition: the name that docker logs in with.",
    method: "GET",
    path: "/v1/ccr/user",
    answer: object({ username: text() }),
    errors: ["NoSuchObject"],
  },
  CreatePersonalToken: {
    summary: "Personal edition: a password for some hours.",
    method: "POST",
    path: "/v1/ccr/token",
    body: object({ duration: optional(integer(1, 24), 1) }),
    answer: object({ beginTime: text(), expireTime: text(), token: text() }),
    errors: ["NoSuchObject"],
    clientToken: false,
  },
  GetPersonalOverview: {
    summary: "Personal edition: how much there is.",
    method: "GET",
    path: "/v1/ccr/overview",
    answer: object({
      totalProjectCount: integer(),
      privateProjectCount: integer(),
      publicProjectCount: integer(),
      totalRepoCount: integer(),
      privateRepoCount: integer(),
      publicRepoCount: integer(),
      totalTagCount: integer(),
    }),
  },
  ListPersonalProjects: {
    summary: "Personal edition: lists the projects, which the first push into one makes.",
    method: "GET",
    path: "/v1/ccr/projects",
    query: { pageNo: optional(integer(1), 1), pageSize: optional(integer(1, 1000), 1000) },
    answer: object({
      total: integer(),
      pageNo: integer(),
      pageSize: integer(),
      projects: list(
        object({
          projectId: integer(),
          projectName: text(),
          public: boolean(),
          repoCount: integer(),
          creationTime: text(),
        }),
      ),
    }),
  },
});

const loginOf = (name: string): string => `${PERSONAL} ${name}`;

export const personal = part(OPERATIONS, (account) => {
  const registered = (name: string): string => {
    if (!loginsOf(account).has(loginOf(name))) throw noSuchObject(`registry user ${name}`);
    return name;
  };
  return {
    CreatePersonalUser({ body, principal }) {
      const name = callerName(account, principal);
      if (loginsOf(account).has(loginOf(name))) throw denied(`registry user ${name} exists already.`);
      loginsOf(account).set(loginOf(name), { passwordHash: hashOf(body.password), temporary: [] });
      return { action: "create", targetName: name };
    },
    GetPersonalUser: ({ principal }) => ({ username: registered(callerName(account, principal)) }),
    CreatePersonalToken({ body, principal }) {
      const name = registered(callerName(account, principal));
      const now = account.clock.now();
      const token = addTemporary(account, loginOf(name), body.duration);
      return { beginTime: spaced(now), expireTime: spaced(now + body.duration * HOUR_MS), token };
    },
    GetPersonalOverview() {
      const projects = mine(account);
      const open = new Set(projects.flatMap((one) => (one.public === "true" ? [one.projectName] : [])));
      const repositories = repositoriesIn(account, PERSONAL);
      const openCount = repositories.filter(({ projectName }) => open.has(projectName)).length;
      return {
        totalProjectCount: projects.length,
        privateProjectCount: projects.length - open.size,
        publicProjectCount: open.size,
        totalRepoCount: repositories.length,
        privateRepoCount: repositories.length - openCount,
        publicRepoCount: openCount,
        totalTagCount: imageTagsOf(account)
          .all()
          .filter(({ instanceId }) => instanceId === PERSONAL).length,
      };
    },
    ListPersonalProjects({ query: { pageNo, pageSize } }) {
      const views = mine(account).map(({ projectId, projectName, creationTime, public: flag }) => ({
        projectId,
        projectName,
        public: flag === "true",
        repoCount: repositoriesIn(account, PERSONAL, projectName).length,
        creationTime,
      }));
      const start = (pageNo - 1) * pageSize;
      return { total: views.length, pageNo, pageSize, projects: views.slice(start, start + pageSize) };
    },
  };
});

const mine = (account: Account) =>
  projectsOf(account)
    .all()
    .filter(({ instanceId }) => instanceId === PERSONAL);

/** "YYYY-MM-DD HH:MM:SS", in UTC here: no source says in which zone. */
const spaced = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace("T", " ");
