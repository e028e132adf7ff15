import type { Account } from "../../account.ts";
import { denied, Fault, noSuchObject, quotaExceeded } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { integer, object, oneOf, optional, text } from "../../api/schema.ts";
import { chartsOf } from "./charts.ts";
import { LIMITS } from "./instances.ts";
import { ITEMS, NUMBERED, numberedPage, numberedPageOf } from "./paging.ts";
import { getProject, getRegistry, type Project, projectsOf, repositoriesIn } from "./records.ts";

const NAME = text({
  max: 65,
  pattern: /^[a-z0-9]+(?:[._-][a-z0-9]+)*$/,
  hint: "lower-case letters and digits, single ._- between them",
});
const FLAG = oneOf("true", "false");
export const PROJECT = object({
  projectId: integer(),
  projectName: text(),
  chartCount: integer(),
  repoCount: integer(),
  creationTime: text(),
  updateTime: text(),
  public: FLAG,
  autoScan: FLAG,
});
const PATH = "/v1/instances/{instanceId}/projects";

const OPERATIONS = operations({
  ListProjects: {
    summary: "Lists the projects (namespaces) of a registry.",
    method: "GET",
    path: PATH,
    query: { ...NUMBERED, projectName: optional(text()) },
    answer: numberedPageOf("projects", PROJECT),
    errors: ["NoSuchObject"],
  },
  CreateProject: {
    summary: "Creates a project.",
    method: "POST",
    path: PATH,
    body: object({ projectName: NAME, public: optional(FLAG, "false") }),
    answer: PROJECT,
    errors: ["NoSuchObject", "Conflict", "QuotaLimitExceeded"],
  },
  GetProjectDetail: {
    summary: "One project.",
    method: "GET",
    path: `${PATH}/{projectName}`,
    answer: PROJECT,
    errors: ["NoSuchObject"],
  },
  UpdateProject: {
    summary: "Makes a project public or private, and its images scanned when pushed.",
    method: "PUT",
    path: `${PATH}/{projectName}`,
    body: object({ public: optional(FLAG), autoScan: optional(FLAG) }),
    answer: PROJECT,
    errors: ["NoSuchObject"],
  },
  DeleteProject: {
    summary: "Deletes an empty project.",
    method: "DELETE",
    path: `${PATH}/{projectName}`,
    errors: ["NoSuchObject", "OperationDenied"],
  },
  DeleteProjects: {
    summary: "Deletes empty projects: all, or none.",
    method: "DELETE",
    path: PATH,
    body: ITEMS,
    errors: ["NoSuchObject", "OperationDenied"],
  },
});

export const projects = part(OPERATIONS, (account) => {
  const all = projectsOf(account);
  const of = (instanceId: string) => all.all().filter((project) => project.instanceId === instanceId);
  const remove = (instanceId: string, names: readonly string[]): object => {
    for (const name of names) {
      getProject(account, instanceId, name);
      if (repositoriesIn(account, instanceId, name).length > 0 || chartsIn(account, instanceId, name) > 0)
        throw denied(`project ${name} is not empty.`);
    }
    for (const name of names) all.delete(`${instanceId}/${name}`);
    return {};
  };
  return {
    ListProjects({ params: { instanceId }, query }) {
      getRegistry(account, instanceId);
      const found = of(instanceId).filter(({ projectName }) => projectName.includes(query.projectName ?? ""));
      return numberedPage(
        query,
        "projects",
        found.map((project) => projectView(account, project)),
      );
    },
    CreateProject({ params: { instanceId }, body }) {
      const { instanceType } = getRegistry(account, instanceId);
      const { projectName } = body;
      if (all.has(`${instanceId}/${projectName}`))
        throw new Fault(409, "Conflict", `The project named ${projectName} already exists.`);
      if (of(instanceId).length >= LIMITS[instanceType].namespace) throw quotaExceeded("projects");
      return projectView(account, addProject(account, instanceId, projectName, body.public));
    },
    GetProjectDetail: ({ params: { instanceId, projectName } }) =>
      projectView(account, getProject(account, instanceId, projectName)),
    UpdateProject({ params: { instanceId, projectName }, body }) {
      const project = getProject(account, instanceId, projectName);
      const changed: Project = {
        ...project,
        public: body.public || project.public,
        autoScan: body.autoScan || project.autoScan,
        updateTime: account.time(),
      };
      all.set(`${instanceId}/${projectName}`, changed);
      return projectView(account, changed);
    },
    DeleteProject: ({ params: { instanceId, projectName } }) => remove(instanceId, [projectName]),
    DeleteProjects({ params: { instanceId }, body }) {
      getRegistry(account, instanceId);
      if (new Set(body.items).size < body.items.length) throw noSuchObject("a project that is named twice");
      return remove(instanceId, body.items);
    },
  };
});

export function addProject(account: Account, instanceId: string, projectName: string, isPublic = "false"): Project {
  const time = account.time();
  const project: Project = {
    projectId: account.shared.next("ccrProjectIds"),
    instanceId,
    projectName,
    public: isPublic,
    autoScan: "false",
    creationTime: time,
    updateTime: time,
  };
  projectsOf(account).set(`${instanceId}/${projectName}`, project);
  return project;
}

export function projectView(account: Account, { instanceId, ...project }: Project): object {
  return {
    ...project,
    chartCount: chartsIn(account, instanceId, project.projectName),
    repoCount: repositoriesIn(account, instanceId, project.projectName).length,
  };
}

function chartsIn(account: Account, instanceId: string, projectName: string): number {
  const charts = chartsOf(account)
    .all()
    .filter((chart) => chart.instanceId === instanceId && chart.projectName === projectName);
  return new Set(charts.map(({ name }) => name)).size;
}
