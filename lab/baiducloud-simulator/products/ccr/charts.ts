import type { Account } from "../../account.ts";
import { noSuchObject } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { boolean, integer, list, object, optional, text } from "../../api/schema.ts";
import { ITEMS, NUMBERED, numberedPage, numberedPageOf } from "./paging.ts";
import { getProject, hashOf } from "./records.ts";

export interface Chart {
  readonly instanceId: string;
  readonly projectName: string;
  readonly name: string;
  readonly version: string;
  readonly appVersion: string;
  readonly description: string;
  readonly created: string;
}

/** Versions of charts, by "<instance>/<project>/<chart>/<version>". */
export const chartsOf = ({ shared }: Pick<Account, "shared">) => shared.table<Chart>("ccrCharts");

const CHART = object({
  name: text(),
  totalVersions: integer(),
  latestVersion: text(),
  home: optional(text()),
  icon: optional(text()),
  deprecated: boolean(),
  created: text(),
  updated: text(),
});
const VERSION = object({
  name: text(),
  description: optional(text()),
  apiVersion: text(),
  appVersion: optional(text()),
  version: text(),
  urls: list(text()),
  digest: text(),
  engine: optional(text()),
  home: optional(text()),
  icon: optional(text()),
  sources: list(text()),
  created: text(),
  deprecated: boolean(),
  removed: boolean(),
  maintainers: list(text()),
});
const PATH = "/v1/instances/{instanceId}/projects/{projectName}/charts";

const OPERATIONS = operations({
  ListCharts: {
    summary: "Lists the Helm charts of a project.",
    method: "GET",
    path: PATH,
    query: { ...NUMBERED, chartName: optional(text()) },
    answer: numberedPageOf("items", CHART),
    errors: ["NoSuchObject"],
  },
  DeleteCharts: {
    summary: "Deletes charts: all, or none.",
    method: "DELETE",
    path: PATH,
    body: ITEMS,
    errors: ["NoSuchObject"],
  },
  DeleteChart: {
    summary: "Deletes a chart with all its versions.",
    method: "DELETE",
    path: `${PATH}/{chartName}`,
    errors: ["NoSuchObject"],
  },
  ListChartVersions: {
    summary: "Lists the versions of a chart.",
    method: "GET",
    path: `${PATH}/{chartName}/versions`,
    query: { ...NUMBERED, chartVersion: optional(text()) },
    answer: numberedPageOf("items", VERSION),
    errors: ["NoSuchObject"],
  },
  DeleteChartVersions: {
    summary: "Deletes versions of a chart: all, or none.",
    method: "DELETE",
    path: `${PATH}/{chartName}/versions`,
    body: ITEMS,
    errors: ["NoSuchObject"],
  },
  DeleteChartVersion: {
    summary: "Deletes a version of a chart.",
    method: "DELETE",
    path: `${PATH}/{chartName}/versions/{chartVersion}`,
    errors: ["NoSuchObject"],
  },
  DownloadChart: {
    summary: "The archive of a chart's version: here only its Chart.yaml as JSON, since no archive was ever sent.",
    method: "GET",
    path: `${PATH}/download/{filename}`,
    answer: object({
      apiVersion: text(),
      name: text(),
      version: text(),
      appVersion: text(),
      description: optional(text()),
    }),
    errors: ["NoSuchObject"],
  },
});

export const charts = part(OPERATIONS, (account) => {
  const all = chartsOf(account);
  const of = (instanceId: string, projectName: string): readonly Chart[] => {
    getProject(account, instanceId, projectName);
    return all.all().filter((chart) => chart.instanceId === instanceId && chart.projectName === projectName);
  };
  const named = (instanceId: string, projectName: string, name: string): readonly Chart[] => {
    const versions = of(instanceId, projectName).filter((chart) => chart.name === name);
    if (versions.length === 0) throw noSuchObject(name);
    return versions;
  };
  const remove = (versions: readonly Chart[]): object => {
    for (const one of versions) all.delete(chartKey(one));
    return {};
  };
  const chosen = (instanceId: string, projectName: string, name: string, versions: readonly string[]) =>
    versions.map((version) => {
      const one = named(instanceId, projectName, name).find((chart) => chart.version === version);
      if (!one) throw noSuchObject(`${name}-${version}`);
      return one;
    });

  return {
    ListCharts({ params: { instanceId, projectName }, query }) {
      const found = of(instanceId, projectName).filter(({ name }) => name.includes(query.chartName ?? ""));
      const views = [...Map.groupBy(found, ({ name }) => name)].map(([name, versions]) => ({
        name,
        totalVersions: versions.length,
        latestVersion: versions.at(-1)?.version,
        home: "",
        icon: "",
        deprecated: false,
        created: versions[0]?.created,
        updated: versions.at(-1)?.created,
      }));
      return numberedPage(query, "items", views);
    },
    DeleteCharts: ({ params: { instanceId, projectName }, body }) =>
      remove(body.items.flatMap((name) => named(instanceId, projectName, name))),
    DeleteChart: ({ params: { instanceId, projectName, chartName } }) =>
      remove(named(instanceId, projectName, chartName)),
    ListChartVersions({ params: { instanceId, projectName, chartName }, query }) {
      const found = named(instanceId, projectName, chartName).filter(({ version }) =>
        version.includes(query.chartVersion ?? ""),
      );
      return numberedPage(query, "items", found.map(view));
    },
    DeleteChartVersions: ({ params: { instanceId, projectName, chartName }, body }) =>
      remove(chosen(instanceId, projectName, chartName, body.items)),
    DeleteChartVersion: ({ params: { instanceId, projectName, chartName, chartVersion } }) =>
      remove(chosen(instanceId, projectName, chartName, [chartVersion])),
    DownloadChart({ params: { instanceId, projectName, filename } }) {
      const one = of(instanceId, projectName).find((chart) => archiveOf(chart) === filename);
      if (!one) throw noSuchObject(filename);
      const { name, version, appVersion, description } = one;
      return { apiVersion: "v2", name, version, appVersion, description };
    },
  };
});

/** As pushing one would: the cloud's API has no call for it. */
export function addChart(account: Account, chart: Omit<Chart, "created">): void {
  chartsOf(account).set(chartKey(chart), { ...chart, created: account.time() });
}

const chartKey = ({ instanceId, projectName, name, version }: Omit<Chart, "created">): string =>
  `${instanceId}/${projectName}/${name}/${version}`;

const archiveOf = ({ name, version }: Chart): string => `${name}-${version}.tgz`;

function view(chart: Chart): object {
  const { name, version, appVersion, description, created } = chart;
  return {
    name,
    description,
    apiVersion: "v2",
    appVersion,
    version,
    urls: [`charts/${archiveOf(chart)}`],
    digest: hashOf(chartKey(chart)),
    engine: "",
    home: "",
    icon: "",
    sources: [],
    created,
    deprecated: false,
    removed: false,
    maintainers: [],
  };
}
