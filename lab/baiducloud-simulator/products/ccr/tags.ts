import type { Account } from "../../account.ts";
import { noSuchObject } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { anything, boolean, integer, list, object, optional, text } from "../../api/schema.ts";
import { acceleratorsOf } from "./accelerators.ts";
import { configOf, startScan } from "./images.ts";
import { ITEMS, NUMBERED, numberedPage, numberedPageOf } from "./paging.ts";
import { getProject, getRepository, type ImageTag, imageTagsOf, keyOf, type Repository, tagsIn } from "./records.ts";
import { filtersFit, fireTriggers } from "./trigger-jobs.ts";

const SCAN = object({
  scanStatus: text(),
  startTime: optional(text()),
  endTime: optional(text()),
  reportId: optional(text()),
  severity: optional(text()),
  total: integer(),
  fixable: integer(),
  summary: optional(anything()),
});
const TAG = object({
  tagName: text(),
  digest: text(),
  projectId: integer(),
  repositoryId: integer(),
  pullTime: optional(text()),
  pushTime: text(),
  architecture: optional(text()),
  os: optional(text()),
  author: optional(text()),
  type: text(),
  size: integer(),
  scanOverview: optional(SCAN),
  acceleratorStatus: optional(text()),
  immutabled: boolean(),
  preventStatus: boolean(),
});
const FLAW = object({
  id: text(),
  description: text(),
  fixVersion: optional(text()),
  links: list(text()),
  package: text(),
  severity: text(),
  version: text(),
});
const PATH = "/v1/instances/{instanceId}/projects/{projectName}/repositories/{repositoryName}/tags";

const OPERATIONS = operations({
  ListTags: {
    summary: "Lists the tags of a repository.",
    method: "GET",
    path: PATH,
    query: { ...NUMBERED, tagName: optional(text()) },
    answer: numberedPageOf("items", TAG),
    errors: ["NoSuchObject"],
  },
  GetTagDetail: {
    summary: "One tag.",
    method: "GET",
    path: `${PATH}/{tagName}`,
    answer: TAG,
    errors: ["NoSuchObject"],
  },
  DeleteTag: {
    summary: "Deletes a tag.",
    method: "DELETE",
    path: `${PATH}/{tagName}`,
    errors: ["NoSuchObject"],
  },
  DeleteTags: {
    summary: "Deletes tags: all, or none.",
    method: "DELETE",
    path: PATH,
    body: ITEMS,
    errors: ["NoSuchObject"],
  },
  TriggerTagScan: {
    summary: "Looks for known flaws in an image.",
    method: "POST",
    path: `${PATH}/{tagName}/scan`,
    errors: ["NoSuchObject"],
    delay: "ccrJob",
  },
  GetTagsScanOverview: {
    summary: "The flaws that the last scan found. The simulator's depend on the digest alone.",
    method: "GET",
    path: `${PATH}/{tagName}/scanoverview`,
    query: NUMBERED,
    answer: numberedPageOf("items", FLAW, { lastScanTime: optional(text()), summary: optional(anything()) }),
    errors: ["NoSuchObject"],
  },
  GetTagBuildHistory: {
    summary: "The steps that made an image.",
    method: "GET",
    path: `${PATH}/{tagName}/buildhistory`,
    answer: object({
      items: list(
        object({ created: text(), comment: optional(text()), createdBy: optional(text()), emptyLayer: boolean() }),
      ),
    }),
    errors: ["NoSuchObject"],
  },
});

export const tags = part(OPERATIONS, (account) => {
  const all = imageTagsOf(account);
  account.shared.on("ccr.scanned", (key) => {
    if (all.get(key)?.scanStatus === "Running") all.patch(key, { scanStatus: "Success", scanEnd: account.time() });
  });
  type Place = { readonly instanceId: string; readonly projectName: string; readonly repositoryName: string };
  const repositoryOf = ({ instanceId, projectName, repositoryName }: Place): Repository =>
    getRepository(account, instanceId, projectName, repositoryName);
  const get = (place: Place, name: string): ImageTag => {
    const tag = all.get(`${keyOf(repositoryOf(place))}:${name}`);
    if (!tag) throw noSuchObject(name);
    return tag;
  };
  const remove = (place: Place, names: readonly string[]): object => {
    for (const tag of names.map((name) => get(place, name))) {
      all.delete(`${keyOf(tag)}:${tag.tagName}`);
      const path = `${tag.projectName}/${tag.repositoryName}`;
      fireTriggers(account, tag.instanceId, "DELETE_ARTIFACT", path, tag.tagName);
    }
    return {};
  };

  return {
    ListTags({ params, query }) {
      const repository = repositoryOf(params);
      const found = tagsIn(account, repository).filter(({ tagName }) => tagName.includes(query.tagName ?? ""));
      return numberedPage(
        query,
        "items",
        found.map((tag) => view(account, repository, tag)),
      );
    },
    GetTagDetail: ({ params }) => view(account, repositoryOf(params), get(params, params.tagName)),
    DeleteTag: ({ params }) => remove(params, [params.tagName]),
    DeleteTags: ({ params, body }) => remove(params, body.items),
    TriggerTagScan({ params }) {
      startScan(account, get(params, params.tagName));
      return {};
    },
    GetTagsScanOverview({ params, query }) {
      const tag = get(params, params.tagName);
      const flaws = tag.scanStatus === "Success" ? flawsOf(tag.digest) : [];
      return { ...numberedPage(query, "items", flaws), lastScanTime: tag.scanEnd, summary: summaryOf(flaws) };
    },
    GetTagBuildHistory({ params }) {
      const { history } = configOf(account, get(params, params.tagName));
      return {
        items: history.map((step) => ({
          created: String(step.created ?? ""),
          comment: String(step.comment ?? ""),
          createdBy: String(step.created_by ?? ""),
          emptyLayer: step.empty_layer === true,
        })),
      };
    },
  };
});

function view(account: Account, { repositoryId }: Repository, tag: ImageTag): object {
  const { instanceId, projectName, repositoryName, scanStatus, scanStart, scanEnd, ...shown } = tag;
  const { architecture, os, size } = configOf(account, tag);
  const path = `${projectName}/${repositoryName}`;
  const flaws = scanStatus === "Success" ? flawsOf(tag.digest) : [];
  const accelerated = acceleratorsOf(account)
    .all()
    .some(
      (policy) => policy.instanceId === instanceId && policy.enabled && filtersFit(policy.filters, path, tag.tagName),
    );
  return {
    ...shown,
    projectId: getProject(account, instanceId, projectName).projectId,
    repositoryId,
    architecture,
    os,
    size,
    type: "IMAGE",
    ...(scanStatus === ""
      ? {}
      : {
          scanOverview: {
            scanStatus,
            startTime: scanStart,
            endTime: scanEnd,
            reportId: tag.digest.slice(7, 19),
            severity: flaws[0]?.severity ?? "None",
            total: flaws.length,
            fixable: flaws.filter(({ fixVersion }) => fixVersion !== "").length,
            summary: summaryOf(flaws),
          },
        }),
    acceleratorStatus: accelerated ? "Success" : "",
    immutabled: false,
    preventStatus: false,
  };
}

/** None to two, by the digest: so that a test can find images of each kind. */
function flawsOf(digest: string) {
  const count = Number.parseInt(digest.slice(7, 9), 16) % 3;
  return [0, 1].slice(0, count).map((index) => ({
    id: `CVE-2000-000${index + 1}`,
    description: "An example of the simulator.",
    fixVersion: index === 0 ? "1.0.1" : "",
    links: [],
    package: "example",
    severity: index === 0 ? "High" : "Low",
    version: "1.0.0",
  }));
}

function summaryOf(flaws: readonly { readonly severity: string }[]): Readonly<Record<string, number>> {
  return Object.fromEntries(
    [...Map.groupBy(flaws, ({ severity }) => severity)].map(([key, some]) => [key, some.length]),
  );
}
