import { ANY_TEXT, TAGS } from "../../api/common.ts";
import { operations, type Product, part } from "../../api/operation.ts";
import { page } from "../../api/paging.ts";
import { boolean, integer, list, object, optional, text } from "../../api/schema.ts";
import { instancesOf, type SimulatedInstance } from "../bcc/records.ts";

const HPAS_INSTANCE = object({
  hpasId: text(),
  name: text(),
  zoneName: text(),
  status: text(),
  appType: text(),
  appPerformanceLevel: text(),
  chargeType: text(),
  vpcId: text(),
  internalIp: text(),
  subnetId: text(),
  createTime: text(),
  tags: TAGS,
  nicInfo: list(
    object({
      nicType: text(),
      subnetId: text(),
      ipv4s: list(object({ privateIp: text(), primary: boolean() })),
      ipv6s: list(object({ ipv6Address: text() })),
    }),
  ),
});

const OPERATIONS = operations({
  DescribeHPASInstances: {
    summary: "Lists machines for AI work; the marker is in the body.",
    method: "POST",
    path: "/",
    when: "action=DescribeHPASInstances",
    clientToken: false,
    body: object({
      hpasIds: optional(list(text(), 100)),
      vpcId: optional(text()),
      marker: optional(text()),
      maxKeys: optional(integer(1, 1000)),
    }),
    answer: object({
      marker: ANY_TEXT,
      isTruncated: boolean(),
      nextMarker: optional(text()),
      maxKeys: integer(),
      hpass: list(HPAS_INSTANCE),
    }),
  },
});

/** Machines for AI work: one path for all actions, and states of its own. */
const machines = part(OPERATIONS, (account) => ({
  DescribeHPASInstances({ body }) {
    const { hpasIds, vpcId } = body;
    const chosen = instancesOf(account)
      .all()
      .filter(
        (one) => one.product === "hpas" && (!hpasIds || hpasIds.includes(one.id)) && (!vpcId || vpcId === one.vpcId),
      );
    return page(body, "hpass", chosen.map(view), ({ hpasId }) => hpasId);
  },
}));

function view(instance: SimulatedInstance) {
  return {
    hpasId: instance.id,
    name: instance.name,
    zoneName: instance.zoneName,
    status: instance.status === "Running" ? "Active" : instance.status,
    appType: instance.spec,
    appPerformanceLevel: "10k",
    chargeType: "PostPaid",
    vpcId: instance.vpcId,
    internalIp: instance.internalIp,
    subnetId: instance.subnetId,
    createTime: instance.createTime,
    tags: [],
    nicInfo: [
      {
        nicType: "primary",
        subnetId: instance.subnetId,
        ipv4s: [{ privateIp: instance.internalIp, primary: true }],
        ipv6s: instance.ipv6 ? [{ ipv6Address: instance.ipv6 }] : [],
      },
    ],
  };
}

export const HPAS: Product = {
  name: "hpas",
  title: "HPAS: machines for AI work",
  hosts: ["hpas"],
  parts: [machines],
  unknownAction: "InvalidAction",
};
