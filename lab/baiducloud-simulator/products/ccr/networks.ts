import { parseCidr, parseIp } from "@ccm/base";
import { badRequest, denied, noSuchObject, quotaExceeded } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { boolean, list, object, oneOf, optional, text } from "../../api/schema.ts";
import { subnetsOf, vpcsOf } from "../vpc/records.ts";
import { LIMITS } from "./instances.ts";
import { getRegistry, privateHost, publicHost, registriesOf } from "./records.ts";

const PRIVATE = "/v1/instances/{instanceId}/privatelinks";
const PUBLIC = "/v1/instances/{instanceId}/publiclinks";

const OPERATIONS = operations({
  ListVpcLinks: {
    summary: "The VPCs from which the registry is reached.",
    method: "GET",
    path: PRIVATE,
    answer: object({
      domain: text(),
      items: list(
        object({
          vpcID: text(),
          subnetID: text(),
          serviceNetID: text(),
          ipAddress: text(),
          status: text(),
          resourceSource: optional(text()),
        }),
      ),
    }),
    errors: ["NoSuchObject"],
  },
  AddVpcLink: {
    summary: "Gives the registry an address in a subnet.",
    method: "POST",
    path: PRIVATE,
    body: object({
      vpcID: text(),
      subnetID: text(),
      ipType: optional(oneOf("auto", "manual"), "auto"),
      ipAddress: optional(text()),
      autoDnsResolve: optional(boolean(), false),
    }),
    errors: ["NoSuchObject", "OperationDenied", "QuotaLimitExceeded", "PrivateIpInUseException"],
    delay: "ccrJob",
  },
  DeleteVpcLink: {
    summary: "Takes the address in a subnet away.",
    method: "DELETE",
    path: PRIVATE,
    body: object({ vpcID: text(), subnetID: text() }),
    errors: ["NoSuchObject"],
  },
  GetPublicNetworkConfig: {
    summary: "Whether the registry is reached from the internet, and by whom.",
    method: "GET",
    path: PUBLIC,
    answer: object({
      domain: text(),
      status: text(),
      whitelist: list(object({ ipAddr: text(), description: optional(text()) })),
    }),
    errors: ["NoSuchObject"],
  },
  UpdatePublicNetwork: {
    summary: "Opens the registry to the internet, or closes it.",
    method: "PUT",
    path: PUBLIC,
    body: object({ action: oneOf("open", "close") }),
    errors: ["NoSuchObject"],
  },
  AddPublicNetworkWhitelist: {
    summary: "Lets an address or range in.",
    method: "POST",
    path: `${PUBLIC}/whitelist`,
    body: object({ ipAddr: text(), description: optional(text(), "") }),
    errors: ["NoSuchObject", "OperationDenied"],
  },
  DeletePublicNetworkWhitelist: {
    summary: "Takes addresses and ranges off the list.",
    method: "DELETE",
    path: `${PUBLIC}/whitelist`,
    body: object({ items: list(text()) }),
    errors: ["NoSuchObject"],
  },
});

export const networks = part(OPERATIONS, (account) => {
  const all = registriesOf(account);
  account.shared.on("ccr.linked", (id, { subnetID }) => {
    const links = all
      .get(id)
      ?.privateLinks.map((one) => (one.subnetID === subnetID ? { ...one, status: "Running" } : one));
    if (links) all.patch(id, { privateLinks: links });
  });

  return {
    ListVpcLinks({ params: { instanceId } }) {
      const one = getRegistry(account, instanceId);
      return { domain: privateHost(one), items: one.privateLinks.map(({ autoDnsResolve: _, ...link }) => link) };
    },
    AddVpcLink({ params: { instanceId }, body }) {
      const one = getRegistry(account, instanceId);
      const { vpcID, subnetID, ipType, autoDnsResolve } = body;
      if (!vpcsOf(account).has(vpcID)) throw noSuchObject(vpcID);
      if (subnetsOf(account).get(subnetID)?.vpcId !== vpcID) throw noSuchObject(subnetID);
      if (one.privateLinks.some((link) => link.vpcID === vpcID)) throw denied(`VPC ${vpcID} is linked already.`);
      if (one.privateLinks.length >= LIMITS[one.instanceType].vpc) throw quotaExceeded("linked VPCs");
      if (ipType === "manual" && !body.ipAddress) throw badRequest("ipAddress: expected one with ipType manual.");
      const ipAddress = account.takeIp(subnetID, "CCR", ipType === "manual" ? body.ipAddress : undefined);
      const link = {
        vpcID,
        subnetID,
        serviceNetID: account.newId("sn"),
        ipAddress,
        status: "Creating",
        autoDnsResolve,
      };
      all.patch(instanceId, { privateLinks: [...one.privateLinks, link] });
      account.shared.schedule("ccr.linked", instanceId, account.timings.ccrJob, { subnetID });
      return {};
    },
    DeleteVpcLink({ params: { instanceId }, body }) {
      const one = getRegistry(account, instanceId);
      const link = one.privateLinks.find(({ vpcID, subnetID }) => vpcID === body.vpcID && subnetID === body.subnetID);
      if (!link) throw noSuchObject(body.subnetID);
      if (subnetsOf(account).has(link.subnetID)) account.releaseIp(link.subnetID, link.ipAddress);
      all.patch(instanceId, { privateLinks: one.privateLinks.filter((other) => other !== link) });
      return {};
    },
    GetPublicNetworkConfig({ params: { instanceId } }) {
      const one = getRegistry(account, instanceId);
      return { domain: publicHost(one), status: one.publicOpen ? "Opened" : "Closed", whitelist: one.whitelist };
    },
    UpdatePublicNetwork({ params: { instanceId }, body }) {
      getRegistry(account, instanceId);
      all.patch(instanceId, { publicOpen: body.action === "open" });
      return {};
    },
    AddPublicNetworkWhitelist({ params: { instanceId }, body }) {
      const { whitelist } = getRegistry(account, instanceId);
      const { ipAddr, description } = body;
      const range = ipAddr.includes("/") ? parseCidr(ipAddr) : parseIp(ipAddr);
      if (range?.family !== 4) throw badRequest(`ipAddr: "${ipAddr}" is not an IPv4 address or CIDR.`);
      if (whitelist.some((entry) => entry.ipAddr === ipAddr)) throw denied(`${ipAddr} is on the list already.`);
      all.patch(instanceId, { whitelist: [...whitelist, { ipAddr, description }] });
      return {};
    },
    DeletePublicNetworkWhitelist({ params: { instanceId }, body }) {
      const { whitelist } = getRegistry(account, instanceId);
      const missing = body.items.find((item) => !whitelist.some(({ ipAddr }) => ipAddr === item));
      if (missing !== undefined) throw noSuchObject(missing);
      all.patch(instanceId, { whitelist: whitelist.filter(({ ipAddr }) => !body.items.includes(ipAddr)) });
      return {};
    },
  };
});
