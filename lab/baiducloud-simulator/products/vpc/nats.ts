import { ANY_TEXT, PAGING, pageOf, TAGS } from "../../api/common.ts";
import { badRequest, denied, Fault, quotaExceeded } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { page } from "../../api/paging.ts";
import { boolean, integer, list, object, oneOf, optional, text } from "../../api/schema.ts";
import { passThrough } from "../eip/binding.ts";
import { monthsAfter } from "../eip/terms.ts";
import { getVpc } from "./find.ts";
import {
  checkFree,
  EIP_LISTS,
  eipsBound,
  finishLater,
  getNat,
  hasEips,
  startNats,
  steadyNat,
  takeEips,
} from "./nat-model.ts";
import { natRulesOf } from "./nat-rules.ts";
import { type Nat, natsOf } from "./records.ts";

const PATH = "/v1/nat/{natId}";
const NAME = text({ max: 65 });
const EIPS = optional(list(text()), []);
const EIP_FIELDS = { bindEips: EIPS, eips: EIPS, dnatEips: EIPS };
const TIMEOUTS = {
  tcpTimeout: optional(integer(10, 4000), 900),
  udpTimeout: optional(integer(5, 4000), 180),
  icmpTimeout: optional(integer(10, 120), 10),
};
const TERM = { reservationLength: integer(1, 36), reservationTimeUnit: optional(text(), "month") };
const BILLING = object({ paymentTiming: oneOf("Prepaid", "Postpaid"), reservation: optional(object(TERM)) });
const NAT = object({
  id: text(),
  name: text(),
  natType: oneOf("normal", "enhanced"),
  vpcId: text(),
  spec: ANY_TEXT,
  cuNum: optional(integer()),
  eips: list(text()),
  dnatEips: list(text()),
  bindEips: list(text()),
  status: text(),
  paymentTiming: text(),
  expiredTime: ANY_TEXT,
  createTime: text(),
  ipVersion: text(),
  sessionConfig: object({ tcpTimeout: integer(), udpTimeout: integer(), icmpTimeout: integer() }),
  tags: TAGS,
  deleteProtect: boolean(),
});
const CHANGES = ["NoSuchNat", "OperationDenied"] as const;

const OPERATIONS = operations({
  ListNat: {
    summary: "Lists the NAT gateways of a VPC.",
    method: "GET",
    path: "/v1/nat",
    query: {
      ...PAGING,
      vpcId: text(),
      natId: optional(text()),
      name: optional(text()),
      ip: optional(text()),
    },
    answer: pageOf("nats", NAT),
    errors: ["NoSuchObject"],
  },
  GetNat: {
    summary: "One NAT gateway.",
    method: "GET",
    path: PATH,
    answer: NAT,
    errors: ["NoSuchNat"],
  },
  CreateNat: {
    summary: "Creates a NAT gateway: enhanced with cuNum, of the old kind with spec.",
    method: "POST",
    path: "/v1/nat",
    delay: "natCreate",
    body: object({
      name: NAME,
      vpcId: text(),
      billing: BILLING,
      cuNum: optional(integer(1, 100)),
      spec: optional(oneOf("small", "medium", "large", ""), ""),
      ...EIP_FIELDS,
      ipVersion: optional(oneOf("v4", "v6", ""), ""),
      sessionConfig: optional(object(TIMEOUTS)),
      tags: TAGS,
      resourceGroupId: optional(text()),
      deleteProtect: optional(boolean(), false),
    }),
    answer: object({ natId: text() }),
    errors: ["NoSuchObject", "QuotaLimitExceeded", "OperationDenied"],
  },
  RenameNat: {
    summary: "Renames a NAT gateway.",
    method: "PUT",
    path: PATH,
    body: object({ name: NAME }),
    errors: ["NoSuchNat"],
  },
  ResizeNat: {
    summary: "Changes the capacity of an enhanced gateway.",
    method: "PUT",
    path: PATH,
    when: "resize",
    body: object({ cuNum: integer(1, 100) }),
    errors: CHANGES,
  },
  BindNatEips: {
    summary: "Binds public addresses: bindEips of an enhanced gateway, eips or dnatEips of an old one.",
    method: "PUT",
    path: PATH,
    when: "bind",
    delay: "natBind",
    body: object(EIP_FIELDS),
    errors: [...CHANGES, "NoSuchObject"],
  },
  UnbindNatEips: {
    summary: "Unbinds public addresses that no rule uses.",
    method: "PUT",
    path: PATH,
    when: "unbind",
    delay: "natBind",
    body: object(EIP_FIELDS),
    errors: CHANGES,
  },
  RenewNat: {
    summary: "Prolongs the term of a prepaid gateway.",
    method: "PUT",
    path: PATH,
    when: "purchaseReserved",
    body: object({ billing: object({ reservation: object(TERM) }) }),
    errors: CHANGES,
  },
  UpdateNatDeleteProtect: {
    summary: "Switches the protection against release.",
    method: "PUT",
    path: `${PATH}/deleteProtect`,
    body: object({ deleteProtect: boolean() }),
    errors: ["NoSuchNat"],
  },
  ReleaseNat: {
    summary: "Releases a NAT gateway with its rules; its addresses are free again.",
    method: "DELETE",
    path: PATH,
    errors: CHANGES,
  },
});

/** NAT gateways. They are kept; no traffic goes through them. */
export const nats = part(OPERATIONS, (account) => {
  const all = natsOf(account);
  startNats(account);
  const view = (nat: Nat) => ({
    ...nat,
    ...eipsBound(account, nat),
    natType: nat.spec === "" ? "enhanced" : "normal",
    cuNum: nat.spec === "" ? nat.cuNum : null,
  });

  return {
    ListNat({ query: { vpcId, natId, name, ip, ...paging } }) {
      getVpc(account, vpcId);
      const chosen = all
        .all()
        .filter((nat) => nat.vpcId === vpcId && (!natId || natId === nat.id) && (!name || name === nat.name))
        .map(view)
        .filter((nat) => !ip || EIP_LISTS.some((list) => nat[list].includes(ip)));
      return page(paging, "nats", chosen, ({ id }) => id);
    },
    GetNat: ({ params }) => view(getNat(account, params.natId)),
    CreateNat({ body }) {
      const { name, vpcId, billing, bindEips, eips, dnatEips, tags, deleteProtect } = body;
      getVpc(account, vpcId);
      if (body.spec !== "" && (body.cuNum !== undefined || bindEips.length > 0))
        throw badRequest("spec goes with eips and dnatEips, cuNum with bindEips.");
      if (body.spec === "" && (eips.length > 0 || dnatEips.length > 0))
        throw badRequest("an enhanced gateway takes bindEips.");
      const term = billing.reservation?.reservationLength;
      if (billing.paymentTiming === "Prepaid" && !term) throw badRequest("billing.reservation is required.");
      if (all.size >= account.quotas.nats) throw quotaExceeded("NAT gateways");
      const addresses = [...bindEips, ...eips, ...dnatEips];
      checkFree(account, addresses);
      const id = account.newId("nat");
      const defaults = { tcpTimeout: 900, udpTimeout: 180, icmpTimeout: 10 };
      all.set(id, {
        id,
        name,
        vpcId,
        spec: body.spec,
        cuNum: body.cuNum ?? 1,
        bindEips,
        eips,
        dnatEips,
        status: "building",
        paymentTiming: billing.paymentTiming,
        expiredTime: term && billing.paymentTiming === "Prepaid" ? monthsAfter(account.time(), term) : "",
        createTime: account.time(),
        ipVersion: body.ipVersion || "v4",
        sessionConfig: body.sessionConfig ?? defaults,
        tags,
        deleteProtect,
      });
      takeEips(account, id, addresses);
      finishLater(account, id, "building", account.timings.natCreate);
      return { natId: id };
    },
    RenameNat({ params, body }) {
      all.patch(getNat(account, params.natId).id, { name: body.name });
      return {};
    },
    ResizeNat({ params, body }) {
      const { id, spec } = steadyNat(account, params.natId);
      if (spec !== "") throw denied(`NAT gateway ${id} has the size ${spec}: only enhanced ones have a cuNum.`);
      all.patch(id, { cuNum: body.cuNum });
      return {};
    },
    BindNatEips({ params, body }) {
      const nat = steadyNat(account, params.natId);
      if (!hasEips(body)) throw badRequest("one of bindEips, eips and dnatEips is required.");
      if ((nat.spec === "") !== body.bindEips.length > 0)
        throw badRequest("bindEips are of an enhanced gateway, eips and dnatEips of an old one.");
      const addresses = [...body.bindEips, ...body.eips, ...body.dnatEips];
      checkFree(account, addresses);
      const present = eipsBound(account, nat);
      all.patch(nat.id, {
        bindEips: [...present.bindEips, ...body.bindEips],
        eips: [...present.eips, ...body.eips],
        dnatEips: [...present.dnatEips, ...body.dnatEips],
      });
      takeEips(account, nat.id, addresses);
      finishLater(account, nat.id, "configuring", account.timings.natBind);
      return {};
    },
    UnbindNatEips({ params, body }) {
      const nat = steadyNat(account, params.natId);
      if (!hasEips(body)) throw badRequest("one of bindEips, eips and dnatEips is required.");
      const present = eipsBound(account, nat);
      for (const list of EIP_LISTS) {
        const foreign = body[list].find((eip) => !present[list].includes(eip));
        if (foreign) throw denied(`${foreign} is not bound to ${nat.id}.`);
      }
      const addresses = [...body.bindEips, ...body.eips, ...body.dnatEips];
      const used = natRulesOf(account)
        .all()
        .find((rule) => rule.natId === nat.id && rule.publicIps.some((ip) => addresses.includes(ip)));
      if (used) throw denied(`rule ${used.ruleId} uses the address.`);
      const { eipBind, natBind } = account.timings;
      for (const address of addresses) passThrough(account, address, "unbinding", "available", eipBind);
      const left = (list: (typeof EIP_LISTS)[number]) => present[list].filter((eip) => !body[list].includes(eip));
      all.patch(nat.id, { bindEips: left("bindEips"), eips: left("eips"), dnatEips: left("dnatEips") });
      finishLater(account, nat.id, "configuring", natBind);
      return {};
    },
    RenewNat({ params, body }) {
      const { id, expiredTime } = getNat(account, params.natId);
      if (expiredTime === "") throw denied(`NAT gateway ${id} is not prepaid.`);
      all.patch(id, { expiredTime: monthsAfter(expiredTime, body.billing.reservation.reservationLength) });
      return {};
    },
    UpdateNatDeleteProtect({ params, body }) {
      all.patch(getNat(account, params.natId).id, { deleteProtect: body.deleteProtect });
      return {};
    },
    ReleaseNat({ params }) {
      const nat = getNat(account, params.natId);
      if (nat.deleteProtect)
        throw new Fault(403, "OperationDenied", `NAT gateway ${nat.id} is protected against release (deleteProtect).`);
      if (nat.expiredTime !== "") throw denied(`NAT gateway ${nat.id} is prepaid.`);
      steadyNat(account, nat.id);
      for (const { ruleId, natId } of natRulesOf(account).all())
        if (natId === nat.id) natRulesOf(account).delete(ruleId);
      all.delete(nat.id);
      account.gone(nat.id);
      return {};
    },
  };
});
