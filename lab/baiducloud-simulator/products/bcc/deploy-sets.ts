import { ANY_TEXT } from "../../api/common.ts";
import { denied, noSuchObject } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { boolean, csv, integer, list, object, oneOf, optional, text } from "../../api/schema.ts";
import { type DeploySet, deploySetsOf, instancesOf } from "./records.ts";

const PATH = "/v2/instance/deployset";
const NAME = text({ max: 65 });
const DESC = optional(text({ max: 255 }), "");
const IDS = list(text(), 100);
const COUNTS = {
  zoneName: text(),
  instanceCount: integer(),
  bccInstanceCnt: integer(),
  bbcInstanceCnt: integer(),
  instanceTotal: integer(),
};
const ABOUT = { name: text(), desc: ANY_TEXT, strategy: text(), concurrency: integer() };

const OPERATIONS = operations({
  CreateDeploySet: {
    summary: "Makes a set whose machines are kept apart: by host, rack or switch.",
    method: "POST",
    path: `${PATH}/create`,
    body: object({
      name: NAME,
      strategy: oneOf("HOST_HA", "RACK_HA", "TOR_HA"),
      desc: DESC,
      concurrency: optional(integer(1, 20), 1),
    }),
    answer: object({ deploySetIds: list(text()) }),
  },
  ListDeploySets: {
    summary: "Lists the sets: all, or those of given ids.",
    method: "GET",
    path: `${PATH}/list`,
    query: { deploymentSetIds: optional(csv()) },
    answer: object({
      deploySets: list(
        // The number of machines is a text here, as the SDKs decode it.
        object({ ...ABOUT, deploysetId: text(), instanceCount: text(), azIntstanceStatisList: list(object(COUNTS)) }),
      ),
    }),
  },
  GetDeploySet: {
    summary: "One set, with the machines in each zone.",
    method: "GET",
    path: "/v2/deployset/{deploySetId}",
    answer: object({
      ...ABOUT,
      shortId: text(),
      azIntstanceStatisList: list(object({ ...COUNTS, instanceIds: IDS, bccInstanceIds: IDS, bbcInstanceIds: IDS })),
    }),
    errors: ["NoSuchObject"],
  },
  ModifyDeploySet: {
    summary: "Changes the name or the description.",
    method: "PUT",
    path: `${PATH}/{deploySetId}`,
    when: "modifyAttribute",
    body: object({ name: optional(NAME), desc: optional(text({ max: 255 })) }),
    errors: ["NoSuchObject"],
  },
  DeleteDeploySet: {
    summary: "Deletes a set without machines.",
    method: "DELETE",
    path: `${PATH}/{deploySetId}`,
    errors: ["NoSuchObject", "OperationDenied"],
  },
  UpdateInstanceDeploySet: {
    summary: "Says which sets a machine is in, in the place of those before.",
    method: "POST",
    path: `${PATH}/updateRelation`,
    body: object({ instanceId: text(), deploysetIdList: optional(IDS, []), force: optional(boolean()) }),
    errors: ["NoSuchObject"],
  },
  DelInstanceDeploySet: {
    summary: "Takes machines out of a set.",
    method: "POST",
    path: `${PATH}/delRelation`,
    body: object({ deployId: text(), instanceIdList: IDS }),
    errors: ["NoSuchObject"],
  },
});

/** Sets of machines that are kept apart. All hosts are far from each other here, so no set is ever full. */
export const deploySets = part(OPERATIONS, (account) => {
  const all = deploySetsOf(account);
  const instances = instancesOf(account);
  const get = (id: string): DeploySet => {
    const set = all.get(id);
    if (!set) throw noSuchObject(id);
    return set;
  };
  const machine = (id: string) => {
    const found = instances.get(id);
    if (!found) throw noSuchObject(id);
    return found;
  };
  const membersOf = (id: string) => instances.all().filter(({ deployIds }) => deployIds.includes(id));
  const zonesOf = (id: string) =>
    [...Map.groupBy(membersOf(id), ({ zoneName }) => zoneName)].map(([zoneName, members]) => {
      const ofProduct = (isBbc: boolean) =>
        members.filter(({ product }) => (product === "bbc") === isBbc).map((one) => one.id);
      const [bccInstanceIds, bbcInstanceIds] = [ofProduct(false), ofProduct(true)];
      const instanceIds = members.map((one) => one.id);
      const counts = { bccInstanceCnt: bccInstanceIds.length, bbcInstanceCnt: bbcInstanceIds.length };
      const total = { instanceCount: members.length, instanceTotal: members.length };
      return { zoneName, ...total, ...counts, instanceIds, bccInstanceIds, bbcInstanceIds };
    });
  return {
    CreateDeploySet({ body }) {
      const deploysetId = account.newId("dset");
      all.set(deploysetId, { ...body, deploysetId });
      return { deploySetIds: [deploysetId] };
    },
    ListDeploySets({ query: { deploymentSetIds } }) {
      const chosen = all.all().filter(({ deploysetId }) => deploymentSetIds?.includes(deploysetId) ?? true);
      const deploySets = chosen.map((set) => {
        const zones = zonesOf(set.deploysetId).map(
          ({ instanceIds: _, bccInstanceIds: __, bbcInstanceIds: ___, ...counts }) => counts,
        );
        return { ...set, instanceCount: String(membersOf(set.deploysetId).length), azIntstanceStatisList: zones };
      });
      return { deploySets };
    },
    GetDeploySet({ params: { deploySetId } }) {
      const { deploysetId: shortId, ...about } = get(deploySetId);
      return { ...about, shortId, azIntstanceStatisList: zonesOf(shortId) };
    },
    ModifyDeploySet({ params: { deploySetId }, body }) {
      const { name, desc } = get(deploySetId);
      all.patch(deploySetId, { name: body.name ?? name, desc: body.desc ?? desc });
      return {};
    },
    DeleteDeploySet({ params: { deploySetId } }) {
      get(deploySetId);
      const [holder] = membersOf(deploySetId);
      if (holder) throw denied(`deployment set ${deploySetId} is in use: ${holder.id} is in it.`);
      all.delete(deploySetId);
      return {};
    },
    UpdateInstanceDeploySet({ body: { instanceId, deploysetIdList } }) {
      machine(instanceId);
      const deployIds = [...new Set(deploysetIdList.map((id) => get(id).deploysetId))];
      instances.patch(instanceId, { deployIds });
      return {};
    },
    DelInstanceDeploySet({ body: { deployId, instanceIdList } }) {
      get(deployId);
      for (const { id, deployIds } of instanceIdList.map(machine))
        instances.patch(id, { deployIds: deployIds.filter((one) => one !== deployId) });
      return {};
    },
  };
});
