import { operations, part } from "../../api/operation.ts";
import { boolean, integer, list, object, optional, text } from "../../api/schema.ts";
import { getImage } from "./images-model.ts";
import { getSecurityGroup } from "./network-records.ts";
import { getTemplate, type NamedTemplate, templatesOf } from "./template-model.ts";
import { disk, dnsOf, sizeOf } from "./vm-model.ts";
import { DISK_VIEW, MACHINE } from "./vm-schemas.ts";
import { ANY, LISTING, listing, listingOf, writeOf, written } from "./wire.ts";

const { vmName: _, ...TEMPLATE } = MACHINE;
const VIEW = object({
  templateId: text(),
  templateName: text(),
  policy: text(),
  spec: text(),
  cpu: integer(),
  memory: integer(),
  gpu: ANY,
  osName: text(),
  osVersion: text(),
  osImageType: text(),
  osImageName: text(),
  imageId: text(),
  imageType: text(),
  systemVolume: DISK_VIEW,
  dataVolumeList: list(DISK_VIEW),
  dnsConfig: object({ dnsType: text(), dnsAddress: text() }),
  bandwidth: integer(),
  disableIntranet: boolean(),
  needPublicIp: boolean(),
  needIpv6PublicIp: boolean(),
  securityGroupIds: list(text()),
  templateAvailable: boolean(),
  createTime: text(),
  updateTime: text(),
});

const OPERATIONS = operations({
  CreateVmTemplate: {
    summary: "Keeps what machines are to be made from.",
    method: "POST",
    path: "/v1/vm/template/create",
    body: object({ templateName: text({ max: 65 }), policy: optional(text()), networksList: ANY, ...TEMPLATE }),
    answer: writeOf(text()),
    errors: ["ResourceNotFound"],
  },
  ListVmTemplates: {
    summary: "Lists the templates.",
    method: "GET",
    path: "/v1/vm/template/list",
    query: LISTING,
    answer: listingOf(VIEW),
  },
  GetVmTemplate: {
    summary: "One template.",
    method: "GET",
    path: "/v1/vm/template/{templateId}",
    answer: object({ result: VIEW, success: boolean() }),
    errors: ["ResourceNotFound"],
  },
});

export const templates = part(OPERATIONS, (account) => {
  const view = ({ machine, ...named }: NamedTemplate) => {
    const image = getImage(account, machine.imageId ?? "");
    return {
      ...named,
      ...sizeOf(machine),
      gpu: machine.gpu,
      osName: image.osName,
      osVersion: image.osVersion,
      osImageType: machine.imageType || "bcc",
      osImageName: image.name,
      imageId: machine.imageId,
      imageType: machine.imageType || "bcc",
      systemVolume: disk(machine.systemVolume, "system"),
      dataVolumeList: (machine.dataVolumeList ?? []).map((one, index) => disk(one, `data-${index}`)),
      dnsConfig: { dnsType: machine.dnsConfig?.dnsType || "DEFAULT", dnsAddress: dnsOf(machine.dnsConfig) },
      bandwidth: machine.bandwidth ?? 0,
      disableIntranet: machine.disableIntranet ?? false,
      needPublicIp: machine.needPublicIp ?? false,
      needIpv6PublicIp: machine.needIpv6PublicIp ?? false,
      securityGroupIds: machine.securityGroupIds ?? [],
      templateAvailable: true,
    };
  };
  return {
    CreateVmTemplate({ body: { templateName, policy = "", networksList: _networks, ...machine } }) {
      sizeOf(machine);
      getImage(account, machine.imageId ?? "");
      for (const id of machine.securityGroupIds ?? []) getSecurityGroup(account, id);
      const templateId = account.newId("tmpl");
      const time = account.time();
      const kept = { templateId, templateName, policy, machine, createTime: time, updateTime: time };
      templatesOf(account).set(templateId, kept);
      return written("CreateVmTemplate", templateId);
    },
    ListVmTemplates: ({ query }) => listing(query, templatesOf(account).all().map(view)),
    GetVmTemplate: ({ params }) => ({ result: view(getTemplate(account, params.templateId)), success: true }),
  };
});
