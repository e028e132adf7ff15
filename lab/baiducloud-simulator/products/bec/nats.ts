import { TAG, TAGS } from "../../api/common.ts";
import { badRequest, denied } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { integer, list, object, oneOf, optional, text } from "../../api/schema.ts";
import { nextEdgeIp } from "./addresses.ts";
import { limitExceeded } from "./faults.ts";
import { carriersOf, PROVIDER_NAMES, placeOf } from "./locations.ts";
import { activeNat, type EdgeNat, getNat, natsOf } from "./nat-model.ts";
import { getVpc } from "./network-records.ts";
import { ACTION, LISTING, listing, listingOf, written } from "./wire.ts";

const NAT = "/v1/nat";
const NAME = optional(text({ max: 65 }));
const DESC = optional(text({ max: 200 }));
const EIPS = list(object({ ip: text(), serviceProvider: text() }));
const VIEW = object({
  natId: text(),
  name: text(),
  desc: text(),
  status: text(),
  spec: text(),
  bandwidth: integer(),
  regionId: text(),
  vpcId: text(),
  eips: EIPS,
  dnatEips: EIPS,
  createTime: text(),
  tags: list(TAG),
});
const DEPLOYMENT = {
  regionId: text(),
  vpcId: text(),
  spec: oneOf("small", "mid", "large"),
  subServiceProviders: optional(list(oneOf("ct", "un", "cm", "ix", "nil"))),
};

const OPERATIONS = operations({
  BatchCreateNats: {
    summary: "Makes NAT gateways alike, one for each VPC.",
    method: "POST",
    path: `${NAT}/batch/create`,
    body: object({
      name: NAME,
      desc: DESC,
      bandwidth: integer(1, 20_000),
      deployInstances: list(object(DEPLOYMENT), 50),
      tags: TAGS,
    }),
    answer: object({ deployInstances: list(object({ ...DEPLOYMENT, natId: text() })) }),
    errors: ["ResourceNotFound", "OperationDenied", "LimitExceeded"],
    delay: "becCreate",
  },
  ListNats: {
    summary: "Lists the NAT gateways.",
    method: "GET",
    path: `${NAT}/list`,
    query: { ...LISTING, regionId: optional(text()), vpcId: optional(text()) },
    answer: listingOf(VIEW),
  },
  GetNat: {
    summary: "One NAT gateway.",
    method: "GET",
    path: `${NAT}/{natId}`,
    answer: VIEW,
    errors: ["ResourceNotFound"],
  },
  UpdateNat: {
    summary: "Renames a NAT gateway.",
    method: "PUT",
    path: `${NAT}/{natId}/update`,
    body: object({ name: NAME, desc: DESC }),
    answer: ACTION,
    errors: ["ResourceNotFound", "OperationDenied"],
  },
  UpdateNatBandwidth: {
    summary: "Changes the bandwidth of a NAT gateway.",
    method: "PUT",
    path: `${NAT}/{natId}/updateBandwidth`,
    body: object({ bandwidth: integer(1, 20_000) }),
    answer: ACTION,
    errors: ["ResourceNotFound", "OperationDenied"],
  },
  BatchDeleteNats: {
    summary: "Deletes NAT gateways that have no rules.",
    method: "POST",
    path: `${NAT}/batch/delete`,
    body: object({ natIdList: list(text(), 50) }),
    answer: ACTION,
    errors: ["ResourceNotFound", "OperationDenied"],
    delay: "becChange",
  },
});

export const nats = part(OPERATIONS, (account) => {
  const all = natsOf(account);
  account.shared.on("bec.nat.ready", (id) => {
    if (all.get(id)?.status === "starting") all.patch(id, { status: "active" });
  });
  account.shared.on("bec.nat.gone", (id) => void all.delete(id));
  const view = ({ snatRules: _, dnatRules: __, ...shown }: EdgeNat) => shown;
  return {
    BatchCreateNats({ body: { name, desc = "", bandwidth, deployInstances, tags } }) {
      if (deployInstances.length === 0) throw badRequest("deployInstances: expected at least one.");
      const wanted = new Set<string>();
      for (const { regionId, vpcId } of deployInstances) {
        placeOf(regionId);
        if (getVpc(account, vpcId).regionId !== regionId) throw badRequest(`vpcId: ${vpcId} is not at ${regionId}.`);
        if (wanted.has(vpcId) || all.all().some((nat) => nat.vpcId === vpcId))
          throw denied(`${vpcId} has a NAT gateway already.`);
        wanted.add(vpcId);
      }
      if (all.size + deployInstances.length > account.quotas.nats) throw limitExceeded("NAT gateways");
      const made = deployInstances.map((place) => {
        const natId = account.newId("nat");
        const carriers = carriersOf(placeOf(place.regionId), place.subServiceProviders);
        const addresses = (carriers.length > 0 ? carriers : PROVIDER_NAMES.slice(0, 1)).map((serviceProvider) => ({
          ip: nextEdgeIp(account),
          serviceProvider,
        }));
        const { regionId, vpcId, spec, subServiceProviders = [] } = place;
        all.set(natId, {
          natId,
          name: name || natId,
          desc,
          status: "starting",
          spec,
          bandwidth,
          regionId,
          vpcId,
          eips: addresses,
          // "nil" says that none is wanted for destinations.
          dnatEips: subServiceProviders.includes("nil")
            ? []
            : [{ ip: nextEdgeIp(account), serviceProvider: placeOf(regionId).serviceProvider }],
          createTime: account.time(),
          tags,
          snatRules: [],
          dnatRules: [],
        });
        account.shared.schedule("bec.nat.ready", natId, account.timings.becCreate);
        return { ...place, natId };
      });
      return { deployInstances: made };
    },
    ListNats: ({ query }) => listing(query, all.all().map(view)),
    GetNat: ({ params }) => view(getNat(account, params.natId)),
    UpdateNat({ params: { natId }, body: { name, desc } }) {
      const nat = activeNat(account, natId);
      all.set(natId, { ...nat, name: name || nat.name, desc: desc ?? nat.desc });
      return written("UpdateNat");
    },
    UpdateNatBandwidth({ params: { natId }, body: { bandwidth } }) {
      activeNat(account, natId);
      all.patch(natId, { bandwidth });
      return written("UpdateNatBandwidth");
    },
    BatchDeleteNats({ body: { natIdList } }) {
      for (const id of natIdList) {
        const { snatRules, dnatRules } = activeNat(account, id);
        if (snatRules.length + dnatRules.length > 0) throw denied(`NAT gateway ${id} has rules.`);
      }
      for (const id of natIdList) {
        all.patch(id, { status: "deleting" });
        account.shared.schedule("bec.nat.gone", id, account.timings.becChange);
      }
      return written("BatchDeleteNats");
    },
  };
});
