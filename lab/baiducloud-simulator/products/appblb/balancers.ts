import { ANY_TEXT, pageOf } from "../../api/common.ts";
import { operations, part } from "../../api/operation.ts";
import { boolean, object, oneOf, optional, text } from "../../api/schema.ts";
import { changeOf, createBalancer, deleteBalancer, listBalancers, startBalancers } from "../blb/balancer-life.ts";
import { CHANGE, CREATED, DETAIL, detailOf, FILTER, LISTED, NEW_BALANCER } from "../blb/balancer-schemas.ts";
import { getOf, mutate } from "../blb/mutate.ts";
import { boundEips } from "../eip/binding.ts";
import { subnetsOf } from "../vpc/records.ts";
import { APP, appBlbsOf } from "./records.ts";

const PATH = "/v1/appblb/{blbId}";
/** A deleted machine is taken out. */
const LEAVE = "appBlb.leave";

const OPERATIONS = operations({
  CreateAppLoadBalancer: {
    summary: "Creates an application load balancer; it is `creating` for a while.",
    method: "POST",
    path: "/v1/appblb",
    delay: "blbCreate",
    body: object({ ...NEW_BALANCER, type: optional(oneOf("application", "ipv6Application")) }),
    answer: CREATED,
    errors: ["NoSuchObject", "QuotaLimitExceeded", "PrivateIpInUseException", "SubnetHasNoMoreIpException"],
  },
  DescribeAppLoadBalancers: {
    summary: "Lists application load balancers; name and address match as parts unless exactlyMatch is true.",
    method: "GET",
    path: "/v1/appblb",
    query: FILTER,
    answer: pageOf("blbList", LISTED),
  },
  DescribeAppLoadBalancerDetail: {
    summary: "One application load balancer.",
    method: "GET",
    path: PATH,
    query: { type: ANY_TEXT },
    answer: object({ ...DETAIL, subnetCider: text(), subnetName: text(), supportAcl: boolean(), ipv6: ANY_TEXT }),
    errors: ["NoSuchObject"],
  },
  UpdateAppLoadBalancer: {
    summary: "Changes name, description, deletion protection or the second address.",
    method: "PUT",
    path: PATH,
    delay: "blbUpdate",
    body: CHANGE,
    errors: ["NoSuchObject", "OperationDenied"],
  },
  DeleteAppLoadBalancer: {
    summary: "Deletes an application load balancer with all it has; its EIP is unbound.",
    method: "DELETE",
    path: PATH,
    errors: ["NoSuchObject", "OperationDenied"],
  },
});

export const balancers = part(OPERATIONS, (account) => {
  const all = appBlbsOf(account);
  startBalancers(account, APP);
  account.store.on(LEAVE, (blbId, { instanceId }) => {
    const found = all.get(blbId);
    if (!found) return;
    const serverGroups = found.serverGroups.map((group) => ({
      ...group,
      members: group.members.filter((member) => member.instanceId !== instanceId),
    }));
    all.patch(blbId, { serverGroups });
    account.changed();
  });
  account.onGone((instanceId) => {
    for (const { blbId, serverGroups } of all.all()) {
      if (serverGroups.some(({ members }) => members.some((one) => one.instanceId === instanceId)))
        account.store.schedule(LEAVE, blbId, account.timings.blbUpdate, { instanceId });
    }
  });
  return {
    CreateAppLoadBalancer: ({ body }) =>
      createBalancer(account, APP, body, (base) => ({ ...base, serverGroups: [], ipGroups: [], policies: [] })),
    DescribeAppLoadBalancers: ({ query }) =>
      listBalancers(account, APP, query, ({ serverGroups }, id) =>
        serverGroups.some(({ members }) => members.some(({ instanceId }) => instanceId === id)),
      ),
    DescribeAppLoadBalancerDetail({ params }) {
      const found = getOf(account, APP, params.blbId);
      const subnet = subnetsOf(account).get(found.subnetId);
      return {
        ...detailOf(account, found, boundEips(account)),
        ipv6: found.ipv6,
        subnetCider: subnet?.cidr ?? "",
        subnetName: subnet?.name ?? "",
        supportAcl: found.supportAcl,
      };
    },
    UpdateAppLoadBalancer({ params, body }) {
      mutate(account, APP, params.blbId, (found) => changeOf(account, found, body));
      return {};
    },
    DeleteAppLoadBalancer: ({ params }) => deleteBalancer(account, APP, params.blbId),
  };
});
