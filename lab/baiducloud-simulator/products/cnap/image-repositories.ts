import type { Account } from "../../account.ts";
import { noSuchObject } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { boolean, integer, object, optional, text } from "../../api/schema.ts";
import { PERSONAL } from "../ccr/personal.ts";
import { privateHost, projectsOf, publicHost, registriesOf, repositoriesIn } from "../ccr/records.ts";
import { PAGES, pageOf, pageSchema } from "./paging.ts";
import { checkName, found, imageRepositoriesOf, newCnapId, workspacesOf } from "./records.ts";

const BAIDU = 1;
const PERSONAL_HOSTS = ["hub.baidubce.com", "registry.baidubce.com"];
const PATH = "/v2/workspaces/{workspaceID}/repositories";
const FIELDS = {
  endpoint: text(),
  name: text({ max: 65 }),
  type: integer(1, 3),
  isSecure: optional(boolean(), true),
  isPrivate: optional(boolean(), true),
  username: optional(text(), ""),
  password: optional(text(), ""),
};

const OPERATIONS = operations({
  CreateRepository: {
    summary: "Adds a registry with the user that pulls from it; nothing changes or removes one later.",
    method: "POST",
    path: PATH,
    body: object(FIELDS),
    answer: object({ resourceID: text(), ...FIELDS }),
    errors: ["NoSuchObject", "Conflict"],
  },
  ListRepositoryImages: {
    summary: "Lists what a registry of Baidu's has; of others the simulator knows nothing.",
    method: "GET",
    path: `${PATH}/{repositoryID}/images`,
    query: { ...PAGES, name: optional(text()) },
    answer: pageSchema(
      object({
        name: text(),
        namespace: text(),
        description: optional(text()),
        address: text(),
        isPrivate: boolean(),
        createAt: text(),
        updateAt: text(),
        fullDescription: optional(text()),
        logoUrl: optional(text()),
      }),
    ),
    errors: ["NoSuchObject"],
  },
});

export const imageRepositories = part(OPERATIONS, (account) => {
  const all = imageRepositoriesOf(account);
  const of = (workspaceID: string) => all.all().filter((repository) => repository.workspaceID === workspaceID);
  return {
    CreateRepository({ params: { workspaceID }, body }) {
      found(workspacesOf(account), workspaceID);
      checkName("repository", body.name, of(workspaceID));
      const resourceID = newCnapId(account, "r");
      all.set(resourceID, { resourceID, workspaceID, ...body });
      // The password too: that is how the cloud answers.
      return { resourceID, ...body };
    },
    ListRepositoryImages({ params: { workspaceID, repositoryID }, query }) {
      found(workspacesOf(account), workspaceID);
      const repository = found(all, repositoryID);
      if (repository.workspaceID !== workspaceID) throw noSuchObject(repositoryID);
      const instanceId = repository.type === BAIDU ? instanceAt(account, repository.endpoint) : undefined;
      const images = instanceId === undefined ? [] : repositoriesIn(account, instanceId);
      const views = images
        .filter(({ repositoryName }) => repositoryName.includes(query.name ?? ""))
        .map(({ projectName, repositoryName, description, creationTime, updateTime }) => ({
          name: repositoryName,
          namespace: projectName,
          description,
          address: `${hostOf(repository.endpoint)}/${projectName}/${repositoryName}`,
          isPrivate: projectsOf(account).get(`${instanceId}/${projectName}`)?.public !== "true",
          createAt: creationTime,
          updateAt: updateTime,
          fullDescription: "",
          logoUrl: "",
        }));
      return pageOf(query, views);
    },
  };
});

const hostOf = (endpoint: string): string => endpoint.replace(/^https?:\/\//, "").replace(/\/.*$/, "");

function instanceAt(account: Account, endpoint: string): string | undefined {
  const host = hostOf(endpoint);
  if (PERSONAL_HOSTS.includes(host)) return PERSONAL;
  return registriesOf(account)
    .all()
    .find((one) => publicHost(one) === host || privateHost(one) === host)?.id;
}
