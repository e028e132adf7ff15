import { denied } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { integer, list, object, optional, text } from "../../api/schema.ts";
import { notFound } from "./faults.ts";
import { type DeploySet, deploySetsOf, getDeploySet } from "./network-records.ts";
import { getVm, vmsOf } from "./records.ts";
import { LISTING, listing, listingOf } from "./wire.ts";

const PATH = "/v1/deployset";
const FIELDS = { name: optional(text({ max: 65 })), desc: optional(text({ max: 200 })) };
const VIEW = object({
  deploysetId: text(),
  name: text(),
  desc: text(),
  instanceCount: integer(),
  instanceTotal: integer(),
  createTime: text(),
  nodeInstanceStatisList: list(
    object({ regionId: text(), instanceCount: integer(), instanceTotal: integer(), instanceIds: list(text()) }),
  ),
});
/** How many machines of a set can be at one place. No source has the number; this is BCC's. */
const MOST = 20;

const OPERATIONS = operations({
  CreateDeploySet: {
    summary: "Makes a set of machines that are on different hosts.",
    method: "POST",
    path: `${PATH}/create`,
    body: object({ ...FIELDS, name: text({ max: 65 }) }),
    answer: object({ deploysetIdList: list(text()) }),
  },
  ListDeploySets: {
    summary: "Lists the sets.",
    method: "GET",
    path: `${PATH}/list`,
    query: LISTING,
    answer: listingOf(VIEW),
  },
  GetDeploySet: {
    summary: "One set with its machines.",
    method: "GET",
    path: `${PATH}/{deploysetId}`,
    answer: VIEW,
    errors: ["ResourceNotFound"],
  },
  UpdateDeploySet: {
    summary: "Renames a set.",
    method: "PUT",
    path: `${PATH}/{deploysetId}`,
    when: "modifyAttribute",
    body: object(FIELDS),
    errors: ["ResourceNotFound"],
  },
  DeleteDeploySet: {
    summary: "Deletes a set that is empty.",
    method: "DELETE",
    path: `${PATH}/{deploysetId}`,
    errors: ["ResourceNotFound", "OperationDenied"],
  },
  UpdateDeploySetRelation: {
    summary: "Says which sets a machine is in.",
    method: "POST",
    path: `${PATH}/updateRelation`,
    body: object({ instanceId: text(), deploysetIdList: optional(list(text()), []) }),
    errors: ["ResourceNotFound", "OperationDenied"],
  },
  DeleteDeploySetRelation: {
    summary: "Takes machines out of a set.",
    method: "POST",
    path: `${PATH}/delRelation`,
    body: object({ deploysetId: text(), instanceIdList: list(text()) }),
    errors: ["ResourceNotFound"],
  },
});

export const deploySets = part(OPERATIONS, (account) => {
  const sets = deploySetsOf(account);
  const members = (id: string) =>
    vmsOf(account)
      .all()
      .filter(({ deploysetIds }) => deploysetIds.includes(id));
  const view = (set: DeploySet) => {
    const vms = members(set.deploysetId);
    const places = [...Map.groupBy(vms, ({ regionId }) => regionId)];
    return {
      ...set,
      instanceCount: vms.length,
      instanceTotal: MOST * Math.max(1, places.length),
      nodeInstanceStatisList: places.map(([regionId, here]) => ({
        regionId,
        instanceCount: here.length,
        instanceTotal: MOST,
        instanceIds: here.map(({ vmId }) => vmId),
      })),
    };
  };
  return {
    CreateDeploySet({ body: { name, desc = "" } }) {
      const deploysetId = account.newId("dset");
      sets.set(deploysetId, { deploysetId, name, desc, createTime: account.time() });
      return { deploysetIdList: [deploysetId] };
    },
    ListDeploySets: ({ query }) => listing(query, sets.all().map(view)),
    GetDeploySet: ({ params }) => view(getDeploySet(account, params.deploysetId)),
    UpdateDeploySet({ params: { deploysetId }, body: { name, desc } }) {
      const set = getDeploySet(account, deploysetId);
      sets.set(deploysetId, { ...set, name: name || set.name, desc: desc ?? set.desc });
      return {};
    },
    DeleteDeploySet({ params: { deploysetId } }) {
      getDeploySet(account, deploysetId);
      if (members(deploysetId).length > 0) throw denied(`deploy set ${deploysetId} has machines.`);
      sets.delete(deploysetId);
      return {};
    },
    UpdateDeploySetRelation({ body: { instanceId, deploysetIdList } }) {
      const { regionId } = getVm(account, instanceId);
      for (const id of deploysetIdList) {
        getDeploySet(account, id);
        const others = members(id).filter((vm) => vm.regionId === regionId && vm.vmId !== instanceId);
        if (others.length >= MOST) throw denied(`deploy set ${id} is full at ${regionId}.`);
      }
      vmsOf(account).patch(instanceId, { deploysetIds: deploysetIdList });
      return {};
    },
    DeleteDeploySetRelation({ body: { deploysetId, instanceIdList } }) {
      getDeploySet(account, deploysetId);
      for (const id of instanceIdList)
        if (!getVm(account, id).deploysetIds.includes(deploysetId)) throw notFound(`${deploysetId}/${id}`);
      for (const id of instanceIdList) {
        const { deploysetIds } = getVm(account, id);
        vmsOf(account).patch(id, { deploysetIds: deploysetIds.filter((one) => one !== deploysetId) });
      }
      return {};
    },
  };
});
