import { PAGING, pageOf } from "../../api/common.ts";
import { noSuchObject } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { page } from "../../api/paging.ts";
import { integer, object, text } from "../../api/schema.ts";

const CLUSTER = { clusterId: text(), clusterName: text(), clusterRegion: text(), clusterAz: text() };

const OPERATIONS = operations({
  ListEipCluster: {
    summary: "The dedicated clusters of addresses: the cloud's operator makes them, and here is one.",
    method: "GET",
    path: "/v1/eipcluster",
    query: PAGING,
    answer: pageOf("clusterList", object(CLUSTER)),
  },
  GetEipCluster: {
    summary: "One cluster with its traffic.",
    method: "GET",
    path: "/v1/eipcluster/{clusterId}",
    answer: object({
      ...CLUSTER,
      networkInBps: integer(),
      networkOutBps: integer(),
      networkInPps: integer(),
      networkOutPps: integer(),
    }),
    errors: ["NoSuchObject"],
  },
});

export const clusters = part(OPERATIONS, ({ region }) => {
  const all = [
    { clusterId: "c-00000001", clusterName: `eip-${region}-a`, clusterRegion: region, clusterAz: `cn-${region}-a` },
  ];
  return {
    ListEipCluster: ({ query }) => page(query, "clusterList", all, ({ clusterId }) => clusterId),
    GetEipCluster({ params }) {
      const found = all.find(({ clusterId }) => clusterId === params.clusterId);
      if (!found) throw noSuchObject(params.clusterId);
      return { ...found, networkInBps: 0, networkOutBps: 0, networkInPps: 0, networkOutPps: 0 };
    },
  };
});
