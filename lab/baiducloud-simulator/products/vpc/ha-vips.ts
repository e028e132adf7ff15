import type { Account } from "../../account.ts";
import { ANY_TEXT, PAGING, pageOf } from "../../api/common.ts";
import { badRequest, denied, noSuchObject } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { page } from "../../api/paging.ts";
import { boolean, list, object, oneOf, optional, text } from "../../api/schema.ts";
import { instancesOf } from "../bcc/records.ts";
import { freeEip, passThrough } from "../eip/binding.ts";
import { eipsOf } from "../eip/records.ts";
import { DESCRIPTION, getSubnet } from "./find.ts";
import { enisOf } from "./records.ts";

/** A private address that several machines take in turns. */
export interface HaVip {
  readonly haVipId: string;
  readonly name: string;
  readonly description: string;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly privateIpAddress: string;
  readonly instanceType: string;
  readonly instanceIds: readonly string[];
  readonly createdTime: string;
}

export const haVipsOf = ({ store }: Pick<Account, "store">) => store.table<HaVip>("haVips");

const LARGEST = 5;
const PATH = "/v1/havip/{haVipId}";
const HA_VIP = object({
  haVipId: text(),
  name: text(),
  description: ANY_TEXT,
  vpcId: text(),
  subnetId: text(),
  status: text(),
  privateIpAddress: text(),
  publicIpAddress: ANY_TEXT,
  bindedInstances: list(object({ instanceId: text(), instanceType: text(), master: boolean() })),
  createdTime: text(),
});
const MEMBERS = object({ instanceIds: list(text(), LARGEST), instanceType: oneOf("SERVER", "ENI") });

const OPERATIONS = operations({
  ListHaVip: {
    summary: "Lists shared addresses.",
    method: "GET",
    path: "/v1/havip",
    query: { ...PAGING, vpcId: optional(text()) },
    answer: pageOf("haVips", HA_VIP),
  },
  GetHaVip: {
    summary: "One shared address.",
    method: "GET",
    path: PATH,
    answer: HA_VIP,
    errors: ["NoSuchObject"],
  },
  CreateHaVip: {
    summary: "Creates a shared address: this one of a subnet, or any.",
    method: "POST",
    path: "/v1/havip",
    body: object({
      subnetId: text(),
      name: text({ max: 65 }),
      privateIpAddress: optional(text()),
      description: DESCRIPTION,
    }),
    answer: object({ haVipId: text() }),
    errors: ["NoSuchObject", "PrivateIpInUseException", "SubnetHasNoMoreIpException"],
  },
  UpdateHaVip: {
    summary: "Changes the name or the description.",
    method: "PUT",
    path: PATH,
    when: "modifyAttribute",
    body: object({ name: text({ max: 65 }), description: DESCRIPTION }),
    errors: ["NoSuchObject"],
  },
  DeleteHaVip: {
    summary: "Deletes a shared address that nothing has.",
    method: "DELETE",
    path: PATH,
    errors: ["NoSuchObject", "OperationDenied"],
  },
  AttachHaVip: {
    summary: "Gives the address to machines or network cards of its VPC.",
    method: "PUT",
    path: PATH,
    when: "attach",
    body: MEMBERS,
    errors: ["NoSuchObject", "OperationDenied"],
  },
  DetachHaVip: {
    summary: "Takes the address from machines or network cards.",
    method: "PUT",
    path: PATH,
    when: "detach",
    body: MEMBERS,
    errors: ["NoSuchObject", "OperationDenied"],
  },
  BindHaVipPublicIp: {
    summary: "Binds a public address.",
    method: "PUT",
    path: PATH,
    when: "bindPublicIp",
    delay: "eipBind",
    body: object({ publicIpAddress: text() }),
    errors: ["NoSuchObject", "OperationDenied"],
  },
  UnbindHaVipPublicIp: {
    summary: "Takes the public address.",
    method: "PUT",
    path: PATH,
    when: "unbindPublicIp",
    delay: "eipBind",
    errors: ["NoSuchObject", "OperationDenied"],
  },
});

/** Shared addresses (HaVip). The first member is the master. */
export const haVips = part(OPERATIONS, (account) => {
  const all = haVipsOf(account);
  const eips = eipsOf(account);
  account.onGone((id) => {
    for (const { haVipId, instanceIds } of all.all())
      if (instanceIds.includes(id)) all.patch(haVipId, { instanceIds: instanceIds.filter((one) => one !== id) });
  });
  const get = (haVipId: string): HaVip => {
    const haVip = all.get(haVipId);
    if (!haVip) throw noSuchObject(haVipId);
    return haVip;
  };
  const eipOf = (haVipId: string) => eips.all().find(({ instanceId }) => instanceId === haVipId);
  const view = ({ instanceIds, instanceType, ...haVip }: HaVip) => ({
    ...haVip,
    status: "available",
    publicIpAddress: eipOf(haVip.haVipId)?.eip ?? "",
    bindedInstances: instanceIds.map((instanceId, index) => ({ instanceId, instanceType, master: index === 0 })),
  });

  return {
    ListHaVip({ query }) {
      const chosen = all.all().filter(({ vpcId }) => !query.vpcId || query.vpcId === vpcId);
      return page(query, "haVips", chosen.map(view), ({ haVipId }) => haVipId);
    },
    GetHaVip: ({ params }) => view(get(params.haVipId)),
    CreateHaVip({ body: { subnetId, name, privateIpAddress, description = "" } }) {
      const { vpcId } = getSubnet(account, subnetId);
      const ip = account.takeIp(subnetId, "HAVIP", privateIpAddress || undefined);
      const haVipId = account.newId("havip");
      const none = { instanceType: "SERVER", instanceIds: [] };
      const createdTime = account.time();
      all.set(haVipId, { haVipId, name, description, vpcId, subnetId, privateIpAddress: ip, ...none, createdTime });
      return { haVipId };
    },
    UpdateHaVip({ params, body }) {
      const { haVipId, description } = get(params.haVipId);
      all.patch(haVipId, { name: body.name, description: body.description ?? description });
      return {};
    },
    DeleteHaVip({ params: { haVipId } }) {
      const { instanceIds, subnetId, privateIpAddress } = get(haVipId);
      if (instanceIds.length > 0) throw denied(`${haVipId} is attached to ${instanceIds.join(", ")}.`);
      if (eipOf(haVipId)) throw denied(`${haVipId} has a public address.`);
      account.releaseIp(subnetId, privateIpAddress);
      all.delete(haVipId);
      account.gone(haVipId);
      return {};
    },
    AttachHaVip({ params: { haVipId }, body }) {
      const haVip = get(haVipId);
      const members: { get(id: string): { readonly vpcId: string } | undefined } =
        body.instanceType === "ENI" ? enisOf(account) : instancesOf(account);
      for (const id of body.instanceIds) {
        const member = members.get(id);
        if (!member) throw noSuchObject(id);
        if (member.vpcId !== haVip.vpcId) throw badRequest(`instanceIds: ${id} is not in ${haVip.vpcId}.`);
      }
      if (haVip.instanceIds.length > 0 && haVip.instanceType !== body.instanceType)
        throw denied(`${haVipId} is attached to members of type ${haVip.instanceType}.`);
      const instanceIds = [...new Set([...haVip.instanceIds, ...body.instanceIds])];
      if (instanceIds.length > LARGEST) throw denied(`${haVipId} may have ${LARGEST} members.`);
      all.patch(haVipId, { instanceIds, instanceType: body.instanceType });
      return {};
    },
    DetachHaVip({ params: { haVipId }, body }) {
      const { instanceIds } = get(haVipId);
      const foreign = body.instanceIds.find((id) => !instanceIds.includes(id));
      if (foreign) throw denied(`${haVipId} is not attached to ${foreign}.`);
      all.patch(haVipId, { instanceIds: instanceIds.filter((id) => !body.instanceIds.includes(id)) });
      return {};
    },
    BindHaVipPublicIp({ params: { haVipId }, body }) {
      const { privateIpAddress } = get(haVipId);
      const { eip } = freeEip(account, body.publicIpAddress);
      if (eipOf(haVipId)) throw denied(`${haVipId} has a public address already.`);
      eips.patch(eip, { instanceType: "HAVIP", instanceId: haVipId, instanceIp: privateIpAddress });
      passThrough(account, eip, "binding", "binded", account.timings.eipBind);
      return {};
    },
    UnbindHaVipPublicIp({ params: { haVipId } }) {
      get(haVipId);
      const bound = eipOf(haVipId);
      if (!bound) throw denied(`${haVipId} has no public address to unbind.`);
      if (bound.status !== "binded") throw denied(`EIP ${bound.eip} is ${bound.status}: it must be binded.`);
      passThrough(account, bound.eip, "unbinding", "available", account.timings.eipBind);
      return {};
    },
  };
});
