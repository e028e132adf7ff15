import type { Account } from "../../account.ts";
import { operations, part } from "../../api/operation.ts";
import { integer, object, optional, text } from "../../api/schema.ts";
import { ITEMS, NUMBERED, numberedPage, numberedPageOf } from "./paging.ts";
import {
  getProject,
  getRegistry,
  getRepository,
  keyOf,
  privateHost,
  publicHost,
  type Repository,
  removeRepository,
  repositoriesIn,
  repositoriesOf,
  tagsIn,
} from "./records.ts";

const REPOSITORY = object({
  projectName: text(),
  repositoryName: text(),
  description: optional(text()),
  repositoryPath: text(),
  privateRepositoryPath: text(),
  tagCount: integer(),
  pullCount: integer(),
  creationTime: text(),
  updateTime: text(),
});
const PATH = "/v1/instances/{instanceId}/projects/{projectName}/repositories";

const OPERATIONS = operations({
  ListRepositories: {
    summary: "Lists the repositories of a project.",
    method: "GET",
    path: PATH,
    query: { ...NUMBERED, repositoryName: optional(text()) },
    answer: numberedPageOf("items", REPOSITORY),
    errors: ["NoSuchObject"],
  },
  GetRepository: {
    summary: "One repository; a name with slashes is sent in base64.",
    method: "GET",
    path: `${PATH}/{repositoryName}`,
    answer: REPOSITORY,
    errors: ["NoSuchObject"],
  },
  UpdateRepository: {
    summary: "Changes the description.",
    method: "PUT",
    path: `${PATH}/{repositoryName}`,
    body: object({ description: optional(text(), "") }),
    answer: REPOSITORY,
    errors: ["NoSuchObject"],
  },
  DeleteRepository: {
    summary: "Deletes a repository with its images.",
    method: "DELETE",
    path: `${PATH}/{repositoryName}`,
    errors: ["NoSuchObject"],
  },
  DeleteRepositories: {
    summary: "Deletes repositories: all, or none.",
    method: "DELETE",
    path: PATH,
    body: ITEMS,
    errors: ["NoSuchObject"],
  },
});

export const repositories = part(OPERATIONS, (account) => ({
  ListRepositories({ params: { instanceId, projectName }, query }) {
    getProject(account, instanceId, projectName);
    const found = repositoriesIn(account, instanceId, projectName).filter(({ repositoryName }) =>
      repositoryName.includes(query.repositoryName ?? ""),
    );
    return numberedPage(
      query,
      "items",
      found.map((one) => view(account, one)),
    );
  },
  GetRepository: ({ params: { instanceId, projectName, repositoryName } }) =>
    view(account, getRepository(account, instanceId, projectName, repositoryName)),
  UpdateRepository({ params: { instanceId, projectName, repositoryName }, body }) {
    const found = getRepository(account, instanceId, projectName, repositoryName);
    const changed = { ...found, description: body.description, updateTime: account.time() };
    repositoriesOf(account).set(keyOf(found), changed);
    return view(account, changed);
  },
  DeleteRepository({ params: { instanceId, projectName, repositoryName } }) {
    removeRepository(account, getRepository(account, instanceId, projectName, repositoryName));
    return {};
  },
  DeleteRepositories({ params: { instanceId, projectName }, body }) {
    const all = body.items.map((name) => getRepository(account, instanceId, projectName, name));
    for (const one of all) removeRepository(account, one);
    return {};
  },
}));

function view(account: Account, repository: Repository): object {
  const { repositoryId: _, instanceId, ...shown } = repository;
  const instance = getRegistry(account, instanceId);
  const path = `${shown.projectName}/${shown.repositoryName}`;
  return {
    ...shown,
    repositoryPath: `${publicHost(instance)}/${path}`,
    privateRepositoryPath: `${privateHost(instance)}/${path}`,
    tagCount: tagsIn(account, repository).length,
  };
}
