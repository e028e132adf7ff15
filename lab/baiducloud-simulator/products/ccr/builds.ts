import type { Account } from "../../account.ts";
import { noSuchObject } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { boolean, object, oneOf, optional, text } from "../../api/schema.ts";
import { callerName } from "./credentials.ts";
import { addImage } from "./images.ts";
import { ITEMS, NUMBERED, numberedPage, numberedPageOf } from "./paging.ts";
import { getRegistry, getRepository, keyOf, publicHost, type Repository, repositoriesOf } from "./records.ts";

interface Build {
  readonly id: string;
  /** Of the repository. */
  readonly key: string;
  readonly tagName: string;
  readonly isLatest: boolean;
  readonly status: string;
  readonly fromType: string;
  readonly dockerfile: string;
  readonly createBy: string;
  readonly createAt: string;
  readonly image: string;
}

const BUILD = object({
  id: text(),
  tagName: text(),
  isLatest: boolean(),
  status: oneOf("building", "success", "failed"),
  fromType: text(),
  dockerfile: text(),
  createBy: text(),
  createAt: text(),
  image: text(),
});
const PATH = "/v1/instances/{instanceId}/projects/{projectName}/repositories/{repositoryName}/imagebuilds";

const OPERATIONS = operations({
  ListImageBuilds: {
    summary: "Lists the builds of a repository.",
    method: "GET",
    path: PATH,
    query: { ...NUMBERED, keywordType: optional(text()), keyword: optional(text()) },
    answer: numberedPageOf("items", BUILD),
    errors: ["NoSuchObject"],
  },
  CreateImageBuild: {
    summary: "Builds an image: here one without files, if the Dockerfile begins FROM something.",
    method: "POST",
    path: PATH,
    body: object({
      tagName: text({ max: 128 }),
      isLatest: optional(boolean(), false),
      fromType: optional(text(), "dockerfile"),
      dockerfile: text(),
    }),
    answer: object({ id: text() }),
    errors: ["NoSuchObject"],
    delay: "ccrJob",
  },
  GetImageBuild: {
    summary: "One build.",
    method: "GET",
    path: `${PATH}/{imageBuildId}`,
    answer: BUILD,
    errors: ["NoSuchObject"],
  },
  DeleteImageBuild: {
    summary: "Deletes a build; its image stays.",
    method: "DELETE",
    path: `${PATH}/{imageBuildId}`,
    errors: ["NoSuchObject"],
  },
  DeleteImageBuilds: {
    summary: "Deletes builds: all, or none.",
    method: "DELETE",
    path: PATH,
    body: ITEMS,
    errors: ["NoSuchObject"],
  },
});

const buildsOf = ({ shared }: Pick<Account, "shared">) => shared.table<Build>("ccrBuilds");

export const builds = part(OPERATIONS, (account) => {
  const all = buildsOf(account);
  account.shared.on("ccr.built", (id) => {
    const build = all.get(id);
    const repository = repositoriesOf(account).get(build?.key ?? "");
    if (!build || !repository) return;
    const good = /^\s*(?:(?:ARG|#).*\n\s*)*FROM\s+\S/i.test(build.dockerfile);
    all.patch(id, { status: good ? "success" : "failed" });
    const { instanceId, projectName, repositoryName } = repository;
    for (const tag of good ? [build.tagName, ...(build.isLatest ? ["latest"] : [])] : [])
      addImage(account, { instanceId, projectName, repositoryName }, tag, build.createBy);
  });
  const get = (repository: Repository, id: string): Build => {
    const build = all.get(id);
    if (build?.key !== keyOf(repository)) throw noSuchObject(id);
    return build;
  };
  const view = ({ key: _, ...build }: Build): object => build;
  type Place = { readonly instanceId: string; readonly projectName: string; readonly repositoryName: string };
  const at = ({ instanceId, projectName, repositoryName }: Place) =>
    getRepository(account, instanceId, projectName, repositoryName);
  const remove = (place: Place, ids: readonly string[]): object => {
    const repository = at(place);
    for (const { id } of ids.map((one) => get(repository, one))) all.delete(id);
    return {};
  };

  return {
    ListImageBuilds({ params, query }) {
      const key = keyOf(at(params));
      const { keyword = "" } = query;
      const found = all.all().filter((build) => build.key === key && build.tagName.includes(keyword));
      return numberedPage(query, "items", found.map(view));
    },
    CreateImageBuild({ params, body, principal }) {
      const repository = at(params);
      const host = publicHost(getRegistry(account, params.instanceId));
      const id = account.newId("build");
      all.set(id, {
        ...body,
        id,
        key: keyOf(repository),
        status: "building",
        createBy: callerName(account, principal),
        createAt: account.time(),
        image: `${host}/${repository.projectName}/${repository.repositoryName}:${body.tagName}`,
      });
      account.shared.schedule("ccr.built", id, account.timings.ccrJob);
      return { id };
    },
    GetImageBuild: ({ params }) => view(get(at(params), params.imageBuildId)),
    DeleteImageBuild: ({ params }) => remove(params, [params.imageBuildId]),
    DeleteImageBuilds: ({ params, body }) => remove(params, body.items),
  };
});
