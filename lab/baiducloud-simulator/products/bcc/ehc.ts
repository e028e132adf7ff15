import { ANY_TEXT } from "../../api/common.ts";
import { denied, noSuchObject } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { integer, list, object, optional, text } from "../../api/schema.ts";
import { type EhcCluster, ehcClustersOf, instancesOf } from "./records.ts";

const PATH = "/v2/instance/ehc/cluster";
const IDS = optional(list(text(), 100));

const OPERATIONS = operations({
  CreateEhcCluster: {
    summary: "Creates a high-performance cluster.",
    method: "POST",
    path: `${PATH}/create`,
    body: object({ name: text({ max: 65 }), zoneName: text(), description: optional(text(), "") }),
    answer: object({ ehcClusterId: text() }),
  },
  ListEhcClusters: {
    summary: "Lists high-performance clusters with the instances in them.",
    method: "POST",
    path: `${PATH}/list`,
    clientToken: false,
    body: object({ ehcClusterIdList: IDS, nameList: IDS, zoneName: optional(text()) }),
    answer: object({
      totalCount: integer(),
      ehcClusters: list(
        object({
          ehcClusterId: text(),
          name: text(),
          description: ANY_TEXT,
          zoneName: text(),
          createdTime: text(),
          instanceIds: list(text()),
          reservedInstanceIds: list(text()),
        }),
      ),
    }),
  },
  ModifyEhcCluster: {
    summary: "Changes the name or the description.",
    method: "POST",
    path: `${PATH}/modify`,
    body: object({ ehcClusterId: text(), name: optional(text({ max: 65 })), description: optional(text()) }),
    errors: ["NoSuchObject"],
  },
  DeleteEhcClusters: {
    summary: "Deletes clusters without instances, all or none.",
    method: "POST",
    path: `${PATH}/delete`,
    body: object({ ehcClusterIdList: list(text(), 100) }),
    errors: ["NoSuchObject", "OperationDenied"],
  },
});

/** High-performance clusters (EHC). */
export const ehcClusters = part(OPERATIONS, (account) => {
  const all = ehcClustersOf(account);
  const get = (id: string): EhcCluster => {
    const cluster = all.get(id);
    if (!cluster) throw noSuchObject(id);
    return cluster;
  };
  const membersOf = (id: string) =>
    instancesOf(account)
      .all()
      .filter(({ ehcClusterId }) => ehcClusterId === id)
      .map((one) => one.id);
  return {
    CreateEhcCluster({ body }) {
      const ehcClusterId = account.newId("ehc");
      all.set(ehcClusterId, { ...body, ehcClusterId, createdTime: account.time() });
      return { ehcClusterId };
    },
    ListEhcClusters({ body: { ehcClusterIdList: ids, nameList: names, zoneName } }) {
      const chosen = all
        .all()
        .filter(
          (one) =>
            (!ids?.length || ids.includes(one.ehcClusterId)) &&
            (!names?.length || names.includes(one.name)) &&
            (!zoneName || zoneName === one.zoneName),
        );
      const views = chosen.map((one) => ({
        ...one,
        instanceIds: membersOf(one.ehcClusterId),
        reservedInstanceIds: [],
      }));
      return { totalCount: views.length, ehcClusters: views };
    },
    ModifyEhcCluster({ body }) {
      const { name, description, ehcClusterId } = get(body.ehcClusterId);
      all.patch(ehcClusterId, { name: body.name || name, description: body.description ?? description });
      return {};
    },
    DeleteEhcClusters({ body }) {
      for (const id of body.ehcClusterIdList) {
        get(id);
        if (membersOf(id).length > 0) throw denied(`${id} has the instances ${membersOf(id).join(", ")}.`);
      }
      for (const id of body.ehcClusterIdList) all.delete(id);
      return {};
    },
  };
});
