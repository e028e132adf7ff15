import { badRequest, denied, Fault, noSuchObject } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { boolean, integer, list, object, optional, text } from "../../api/schema.ts";
import { bindEip, getEip, passThrough } from "../eip/binding.ts";
import { checkIpRoom, getEni, publicIpsOf, takeIps, takeIpv6s } from "./eni-model.ts";
import { getSubnet } from "./find.ts";
import { type Eni, enisOf } from "./records.ts";

const PATH = "/v1/eni/{eniId}";
const IS_IPV6 = optional(boolean(), false);
const MANY = 10;
const ADDED = object({ privateIpAddresses: list(text()) });
const FULL = [
  "EniIdException",
  "ExceedLimitException",
  "VmMemoryCanNotAttachMoreIpException",
  "PrivateIpInUseException",
  "SubnetHasNoMoreIpException",
] as const;
const COUNT = optional(integer(0, MANY), 0);

const OPERATIONS = operations({
  AddPrivateIp: {
    summary: "Gives a card one more address: this one, or any.",
    method: "POST",
    path: `${PATH}/privateIp`,
    body: object({ privateIpAddress: optional(text(), ""), isIpv6: IS_IPV6 }),
    answer: object({ privateIpAddress: text() }),
    errors: FULL,
  },
  BatchAddPrivateIp: {
    summary: "Gives a card several addresses: these, or so many.",
    method: "POST",
    path: `${PATH}/privateIp/batchAdd`,
    body: object({
      privateIpAddresses: optional(list(text(), MANY), []),
      privateIpAddressCount: COUNT,
      isIpv6: IS_IPV6,
    }),
    answer: ADDED,
    errors: FULL,
  },
  BatchAddPrivateIpCrossSubnet: {
    summary: "Gives a card addresses of other subnets of its VPC and zone.",
    method: "POST",
    path: `${PATH}/privateIp/batchAddCrossSubnet`,
    body: object({
      subnetId: optional(text(), ""),
      privateIps: optional(list(object({ privateIpAddress: optional(text(), ""), subnetId: text() }), MANY), []),
      privateIpAddressCount: COUNT,
      isIpv6: IS_IPV6,
    }),
    answer: ADDED,
    errors: [...FULL, "NoSuchObject"],
  },
  DeletePrivateIp: {
    summary: "Takes an address from a card; not its primary one.",
    method: "DELETE",
    path: `${PATH}/privateIp/{privateIpAddress}`,
    errors: ["EniIdException", "PrivateIPNotExistException", "OperationDenied"],
  },
  BatchDeletePrivateIp: {
    summary: "Takes several addresses from a card.",
    method: "POST",
    path: `${PATH}/privateIp/batchDel`,
    body: object({ privateIpAddresses: list(text(), MANY) }),
    errors: ["EniIdException", "PrivateIPNotExistException", "OperationDenied"],
  },
  BindEniPublicIp: {
    summary: "Binds a public address to a private one.",
    method: "PUT",
    path: PATH,
    when: "bind",
    delay: "eipBind",
    body: object({ privateIpAddress: text(), publicIpAddress: text() }),
    errors: ["EniIdException", "NoSuchObject", "PrivateIPNotExistException", "OperationDenied"],
  },
  UnbindEniPublicIp: {
    summary: "Takes a public address from a card.",
    method: "PUT",
    path: PATH,
    when: "unBind",
    delay: "eipBind",
    body: object({ publicIpAddress: text() }),
    errors: ["EniIdException", "NoSuchObject", "UnsupportedOperation"],
  },
});

/** The addresses of network cards, private and public. */
export const eniAddresses = part(OPERATIONS, (account) => {
  const all = enisOf(account);
  const add = (eni: Eni, wanted: readonly { ip: string; subnetId: string }[], isIpv6: boolean): readonly string[] => {
    if (wanted.length === 0) throw badRequest("one of privateIpAddresses and privateIpAddressCount is required.");
    checkIpRoom(account, eni, wanted.length);
    if (isIpv6) {
      const names = wanted.map(({ ip }) => ip);
      const taken = names.find((ip) => ip !== "" && all.all().some(({ ipv6s }) => ipv6s.includes(ip)));
      if (taken) throw new Fault(409, "PrivateIpInUseException", `${taken} is in use.`);
      const ipv6s = takeIpv6s(account, eni.subnetId, names);
      all.patch(eni.eniId, { ipv6s: [...eni.ipv6s, ...ipv6s] });
      return ipv6s;
    }
    const added = takeIps(account, wanted, "ENI");
    all.patch(eni.eniId, { privateIps: [...eni.privateIps, ...added] });
    return added.map(({ ip }) => ip);
  };
  const remove = (eniId: string, ips: readonly string[]): object => {
    const eni = getEni(account, eniId);
    const publicIps = publicIpsOf(account, eni);
    for (const ip of ips) {
      const index = eni.privateIps.findIndex((address) => address.ip === ip);
      if (index < 0 && !eni.ipv6s.includes(ip))
        throw new Fault(400, "PrivateIPNotExistException", `${eniId} does not have ${ip}.`);
      if (index === 0) throw denied(`${ip} is the primary address of ${eniId}.`);
      if (publicIps.has(ip)) throw denied(`${ip} has the public address ${publicIps.get(ip)}.`);
    }
    for (const { ip, subnetId } of eni.privateIps) if (ips.includes(ip)) account.releaseIp(subnetId, ip);
    all.patch(eniId, {
      privateIps: eni.privateIps.filter(({ ip }) => !ips.includes(ip)),
      ipv6s: eni.ipv6s.filter((ip) => !ips.includes(ip)),
    });
    return {};
  };
  const anyOf = (count: number) => Array<string>(count).fill("");

  return {
    AddPrivateIp({ params, body }) {
      const eni = getEni(account, params.eniId);
      const { subnetId } = eni;
      const [privateIpAddress] = add(eni, [{ ip: body.privateIpAddress, subnetId }], body.isIpv6);
      return { privateIpAddress };
    },
    BatchAddPrivateIp({ params, body }) {
      const eni = getEni(account, params.eniId);
      const named = body.privateIpAddresses;
      const wanted = (named.length > 0 ? named : anyOf(body.privateIpAddressCount)).map((ip) => ({
        ip,
        subnetId: eni.subnetId,
      }));
      return { privateIpAddresses: add(eni, wanted, body.isIpv6) };
    },
    BatchAddPrivateIpCrossSubnet({ params, body }) {
      const eni = getEni(account, params.eniId);
      const subnetId = body.subnetId || eni.subnetId;
      const named = body.privateIps.map((one) => ({ ip: one.privateIpAddress, subnetId: one.subnetId }));
      const wanted = named.length > 0 ? named : anyOf(body.privateIpAddressCount).map((ip) => ({ ip, subnetId }));
      for (const one of wanted) {
        const { vpcId, zoneName } = getSubnet(account, one.subnetId);
        if (vpcId !== eni.vpcId || zoneName !== eni.zoneName)
          throw badRequest(`subnetId: ${one.subnetId} is not in ${eni.vpcId} and ${eni.zoneName}.`);
      }
      return { privateIpAddresses: add(eni, wanted, body.isIpv6) };
    },
    DeletePrivateIp: ({ params }) => remove(params.eniId, [params.privateIpAddress]),
    BatchDeletePrivateIp: ({ params, body }) => remove(params.eniId, body.privateIpAddresses),
    BindEniPublicIp({ params: { eniId }, body }) {
      const { privateIpAddress: ip, publicIpAddress } = body;
      const eni = getEni(account, eniId);
      if (!eni.privateIps.some((address) => address.ip === ip))
        throw new Fault(400, "PrivateIPNotExistException", `${eniId} does not have ${ip}.`);
      bindEip(account, publicIpAddress, "ENI", eniId, ip);
      return {};
    },
    UnbindEniPublicIp({ params: { eniId }, body }) {
      getEni(account, eniId);
      const { eip, status, instanceId } = getEip(account, body.publicIpAddress);
      if (instanceId !== eniId) throw noSuchObject(`${eip} at ${eniId}`);
      if (status !== "binded")
        throw new Fault(409, "UnsupportedOperation", `EIP ${eip} is ${status}: it must be binded.`);
      passThrough(account, eip, "unbinding", "available", account.timings.eipBind);
      return {};
    },
  };
});
