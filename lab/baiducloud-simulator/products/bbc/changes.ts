import { badRequest, denied } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { boolean, integer, list, object, optional, text } from "../../api/schema.ts";
import { addIps, addIpv6s, anyIps, moveInstance, removeIps } from "../bcc/address-model.ts";
import { bindGroups, groupsUnbound } from "../bcc/group-model.ts";
import { liveInstance, rebootInstance, startInstance, steadyInstance, stopInstance } from "../bcc/lifecycle.ts";
import { INSTANCE_NAME } from "../bcc/machines.ts";
import { instancesOf, type SimulatedInstance } from "../bcc/records.ts";
import { rebuild } from "../bcc/reshape.ts";
import { changeTags, TAG_CHANGES } from "../bcc/tag-changes.ts";

const PATH = "/v1/instance/{instanceId}";
const FORCE = object({ forceStop: optional(boolean(), false) });
const IDS = optional(list(text()), []);
const IMAGE = {
  imageId: text(),
  adminPass: optional(text()),
  isPreserveData: optional(boolean(), false),
  raidId: optional(text()),
  sysRootSize: optional(integer(0, 2048)),
};
const MOVE = object({
  instanceId: text(),
  subnetId: text(),
  internalIp: optional(text()),
  securityGroupIds: IDS,
  enterpriseSecurityGroupIds: IDS,
  reboot: optional(boolean(), false),
});
const ADDED = object({ privateIps: list(text()) });
const FULL = ["NoSuchObject", "ExceedLimitException", "PrivateIpInUseException", "SubnetHasNoMoreIpException"] as const;
const PUT = { method: "PUT", path: PATH } as const;

const OPERATIONS = operations({
  StartBbcInstance: {
    ...PUT,
    summary: "Switches a server on.",
    when: "start",
    delay: "instanceStart",
    errors: ["NoSuchObject", "Instance.StartInstanceOperationForbidden", "Instance.StartInstanceWhenCreating"],
  },
  StopBbcInstance: {
    ...PUT,
    summary: "Switches a server off.",
    when: "stop",
    delay: "instanceStop",
    body: FORCE,
    errors: ["NoSuchObject", "Instance.StopInstanceOperationForbidden"],
  },
  RebootBbcInstance: {
    ...PUT,
    summary: "Switches a server off and on.",
    when: "reboot",
    delay: "instanceStart",
    body: FORCE,
    errors: ["NoSuchObject", "Instance.RebootInstanceOperationForbidden"],
  },
  RenameBbcInstance: {
    ...PUT,
    summary: "Renames a server.",
    when: "rename",
    body: object({ name: INSTANCE_NAME }),
    errors: ["NoSuchObject"],
  },
  UpdateBbcInstanceDesc: {
    ...PUT,
    summary: "Changes the description.",
    when: "updateDesc",
    body: object({ desc: optional(text({ max: 200 }), "") }),
    errors: ["NoSuchObject"],
  },
  RebuildBbcInstance: {
    ...PUT,
    summary: "Installs an image anew; the server is ImageProcessing for a while.",
    when: "rebuild",
    delay: "instanceChange",
    body: object(IMAGE),
    errors: ["NoSuchObject", "OperationDenied"],
  },
  BatchRebuildBbcInstances: {
    summary: "Installs an image anew on several servers, all or none.",
    method: "PUT",
    path: "/v1/instance/batchRebuild",
    delay: "instanceChange",
    body: object({ ...IMAGE, instanceIds: list(text(), 100) }),
    answer: object({ result: list(object({ instanceIds: list(text()), errMsg: text(), code: text() })) }),
    errors: ["NoSuchObject", "OperationDenied"],
  },
  ModifyBbcInstancePassword: {
    ...PUT,
    summary: "Changes the password, which comes encrypted.",
    when: "changePass",
    body: object({ adminPass: text() }),
    errors: ["NoSuchObject", "OperationDenied"],
  },
  BatchAddBbcIp: {
    summary: "Gives a server further private addresses: these, or so many.",
    method: "PUT",
    path: "/v1/instance/batchAddIp",
    body: object({
      instanceId: text(),
      privateIps: IDS,
      secondaryPrivateIpAddressCount: optional(integer(0, 40), 0),
      allocateMultiIpv6Addr: optional(boolean(), false),
    }),
    answer: ADDED,
    errors: FULL,
  },
  BatchAddBbcIpCrossSubnet: {
    summary: "Gives a server addresses of other subnets of its VPC and zone.",
    method: "PUT",
    path: "/v1/instance/batchAddIpCrossSubnet",
    body: object({
      instanceId: text(),
      singleEniAndSubentIps: list(
        object({
          eniId: text(),
          subnetId: optional(text()),
          secondaryPrivateIpAddressCount: optional(integer(0, 40), 0),
          ipAndSubnets: optional(list(object({ privateIp: optional(text(), ""), subnetId: text() })), []),
        }),
      ),
    }),
    answer: ADDED,
    errors: FULL,
  },
  BatchDelBbcIp: {
    summary: "Takes private addresses from a server; not its primary one.",
    method: "PUT",
    path: "/v1/instance/batchDelIp",
    body: object({ instanceId: text(), privateIps: list(text()) }),
    errors: ["NoSuchObject", "PrivateIPNotExistException", "OperationDenied"],
  },
  BindBbcTags: {
    ...PUT,
    path: `${PATH}/tag`,
    summary: "Sets tags of a server.",
    when: "bind",
    body: TAG_CHANGES,
    errors: ["NoSuchObject"],
  },
  UnbindBbcTags: {
    ...PUT,
    path: `${PATH}/tag`,
    summary: "Removes tags from a server.",
    when: "unbind",
    body: TAG_CHANGES,
    errors: ["NoSuchObject"],
  },
  BindBbcSecurityGroups: {
    summary: "Adds security groups to servers.",
    method: "POST",
    path: "/v1/instance/securitygroup",
    when: "bind",
    body: object({ instanceIds: list(text(), 100), securityGroups: list(text()) }),
    errors: ["NoSuchObject", "OperationDenied"],
  },
  UnbindBbcSecurityGroups: {
    summary: "Takes a security group from a server; the last one stays.",
    method: "POST",
    path: "/v1/instance/securitygroup",
    when: "unbind",
    body: object({ instanceId: text(), securityGroupId: text() }),
    errors: ["NoSuchObject", "OperationDenied"],
  },
  ChangeBbcSubnet: {
    summary: "Moves a server to another subnet of its VPC and zone.",
    method: "PUT",
    path: "/v1/subnet/changeSubnet",
    delay: "instanceChange",
    body: MOVE,
    errors: ["NoSuchObject", "OperationDenied", "PrivateIpInUseException"],
  },
  ChangeBbcVpc: {
    summary: "Moves a server to a subnet of another VPC, in its zone.",
    method: "PUT",
    path: "/v1/vpc/changeVpc",
    delay: "instanceChange",
    body: MOVE,
    errors: ["NoSuchObject", "OperationDenied", "PrivateIpInUseException"],
  },
});

/** What can be done to bare metal servers. */
export const changes = part(OPERATIONS, (account) => {
  const all = instancesOf(account);
  const get = (id: string) => liveInstance(account, id, "bbc");
  const patch = (id: string, change: Partial<SimulatedInstance>): object => {
    all.patch(get(id).id, change);
    return {};
  };
  const install = (instances: readonly SimulatedInstance[], body: { readonly imageId: string }): void =>
    rebuild(account, instances, body, "ImageProcessing");

  return {
    StartBbcInstance({ params }) {
      startInstance(account, get(params.instanceId).id);
      return {};
    },
    StopBbcInstance({ params }) {
      stopInstance(account, get(params.instanceId).id);
      return {};
    },
    RebootBbcInstance({ params }) {
      rebootInstance(account, get(params.instanceId).id);
      return {};
    },
    RenameBbcInstance({ params, body: { name } }) {
      if (!name) throw badRequest("name is required.");
      return patch(params.instanceId, { name });
    },
    UpdateBbcInstanceDesc: ({ params, body }) => patch(params.instanceId, { desc: body.desc }),
    RebuildBbcInstance({ params, body }) {
      install([steadyInstance(account, params.instanceId, "bbc")], body);
      return {};
    },
    BatchRebuildBbcInstances({ body }) {
      install(
        body.instanceIds.map((id) => steadyInstance(account, id, "bbc")),
        body,
      );
      return { result: [] };
    },
    ModifyBbcInstancePassword({ params }) {
      steadyInstance(account, params.instanceId, "bbc");
      return {};
    },
    BatchAddBbcIp({ body }) {
      const instance = get(body.instanceId);
      const { subnetId } = instance;
      const count = body.secondaryPrivateIpAddressCount;
      if (body.allocateMultiIpv6Addr) return { privateIps: addIpv6s(account, instance, Array(count || 1).fill("")) };
      const named = body.privateIps.map((ip) => ({ ip, subnetId }));
      return { privateIps: addIps(account, instance, named.length > 0 ? named : anyIps(count, subnetId)) };
    },
    BatchAddBbcIpCrossSubnet({ body }) {
      const instance = get(body.instanceId);
      const wanted = body.singleEniAndSubentIps.flatMap((card) => {
        if (card.eniId !== instance.eniId) throw badRequest(`eniId: ${instance.id} does not have ${card.eniId}.`);
        const named = card.ipAndSubnets.map(({ privateIp, subnetId }) => ({ ip: privateIp, subnetId }));
        if (named.length > 0) return named;
        return anyIps(card.secondaryPrivateIpAddressCount, card.subnetId || instance.subnetId);
      });
      return { privateIps: addIps(account, instance, wanted) };
    },
    BatchDelBbcIp({ body }) {
      removeIps(account, get(body.instanceId), body.privateIps);
      return {};
    },
    BindBbcTags({ params, body }) {
      const { id, tags } = get(params.instanceId);
      return patch(id, { tags: changeTags(tags, body.changeTags, true) });
    },
    UnbindBbcTags({ params, body }) {
      const { id, tags } = get(params.instanceId);
      return patch(id, { tags: changeTags(tags, body.changeTags, false) });
    },
    BindBbcSecurityGroups({ body: { instanceIds, securityGroups } }) {
      const bound = instanceIds.map((id) => [id, bindGroups(account, get(id), securityGroups, "normal")] as const);
      for (const [id, groups] of bound) all.patch(id, groups);
      return {};
    },
    UnbindBbcSecurityGroups({ body: { instanceId, securityGroupId } }) {
      return patch(instanceId, groupsUnbound(get(instanceId), [securityGroupId]));
    },
    ChangeBbcSubnet({ body }) {
      moveInstance(account, steadyInstance(account, body.instanceId, "bbc"), body, "ChangeSubnet");
      return {};
    },
    ChangeBbcVpc({ body }) {
      const instance = steadyInstance(account, body.instanceId, "bbc");
      if (instance.publicIp !== "") throw denied(`Instance ${instance.id} has a public address.`);
      moveInstance(account, instance, body, "ChangeVpc");
      return {};
    },
  };
});
