import { ANY_TEXT, pageOf } from "../../api/common.ts";
import { operations, part } from "../../api/operation.ts";
import { object, oneOf, optional } from "../../api/schema.ts";
import { boundEips } from "../eip/binding.ts";
import { changeOf, createBalancer, deleteBalancer, listBalancers, startBalancers } from "./balancer-life.ts";
import { CHANGE, CREATED, DETAIL, detailOf, FILTER, LISTED, NEW_BALANCER } from "./balancer-schemas.ts";
import { getBlb, mutateBlb, ORDINARY } from "./mutate.ts";
import { blbsOf } from "./records.ts";

/** A deleted machine is taken out. */
const LEAVE = "blb.leave";

const OPERATIONS = operations({
  CreateLoadBalancer: {
    summary: "Creates a load balancer; it is `creating` for a while.",
    method: "POST",
    path: "/v1/blb",
    delay: "blbCreate",
    body: object({ ...NEW_BALANCER, type: optional(oneOf("normal", "ipv6")) }),
    answer: CREATED,
    errors: ["NoSuchObject", "QuotaLimitExceeded", "PrivateIpInUseException", "SubnetHasNoMoreIpException"],
  },
  DescribeLoadBalancers: {
    summary: "Lists load balancers; name and address match as parts unless exactlyMatch is true.",
    method: "GET",
    path: "/v1/blb",
    query: FILTER,
    answer: pageOf("blbList", LISTED),
  },
  DescribeLoadBalancerDetail: {
    summary: "One load balancer.",
    method: "GET",
    path: "/v1/blb/{blbId}",
    query: { type: ANY_TEXT },
    answer: object(DETAIL),
    errors: ["NoSuchObject"],
  },
  UpdateLoadBalancer: {
    summary: "Changes name, description, deletion protection or the second address.",
    method: "PUT",
    path: "/v1/blb/{blbId}",
    delay: "blbUpdate",
    body: CHANGE,
    errors: ["NoSuchObject", "OperationDenied"],
  },
  DeleteLoadBalancer: {
    summary: "Deletes a load balancer with its listeners and backends; its EIP is unbound.",
    method: "DELETE",
    path: "/v1/blb/{blbId}",
    errors: ["NoSuchObject", "OperationDenied"],
  },
});

export const balancers = part(OPERATIONS, (account) => {
  const all = blbsOf(account);
  startBalancers(account, ORDINARY);
  account.store.on(LEAVE, (blbId, { instanceId }) => {
    const blb = all.get(blbId);
    if (!blb) return;
    all.patch(blbId, { backends: blb.backends.filter((one) => one.instanceId !== instanceId) });
    account.changed();
  });
  account.onGone((instanceId) => {
    for (const { blbId, backends } of all.all()) {
      if (backends.some((one) => one.instanceId === instanceId))
        account.store.schedule(LEAVE, blbId, account.timings.blbUpdate, { instanceId });
    }
  });

  return {
    CreateLoadBalancer: ({ body }) => createBalancer(account, ORDINARY, body, (base) => ({ ...base, backends: [] })),
    DescribeLoadBalancers: ({ query }) =>
      listBalancers(account, ORDINARY, query, ({ backends }, id) => backends.some((one) => one.instanceId === id)),
    DescribeLoadBalancerDetail: ({ params }) => detailOf(account, getBlb(account, params.blbId), boundEips(account)),
    UpdateLoadBalancer({ params, body }) {
      mutateBlb(account, params.blbId, (blb) => changeOf(account, blb, body));
      return {};
    },
    DeleteLoadBalancer: ({ params }) => deleteBalancer(account, ORDINARY, params.blbId),
  };
});
