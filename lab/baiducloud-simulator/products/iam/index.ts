import type { Product } from "../../api/operation.ts";
import { accessKeys } from "./access-keys.ts";
import { attachments } from "./attachments.ts";
import { bearerKeys } from "./bearer-keys.ts";
import { groups } from "./groups.ts";
import { identityProvider } from "./identity-provider.ts";
import { logins } from "./logins.ts";
import { policies } from "./policies.ts";
import { roles } from "./roles.ts";
import { users } from "./users.ts";

export const IAM: Product = {
  name: "iam",
  title: "IAM: users, groups, roles and policies",
  hosts: ["iam"],
  parts: [users, logins, accessKeys, groups, policies, attachments, roles, identityProvider, bearerKeys],
};
