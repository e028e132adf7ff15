import { ANY_TEXT } from "../../api/common.ts";
import { badRequest, Fault } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { integer, object, optional, text } from "../../api/schema.ts";
import { groupsOf, newIamId, policiesOf, rolesOf, usersOf } from "./records.ts";

interface IdentityProvider {
  readonly status: string;
  readonly auxiliaryDomain: string;
  readonly domainId: string;
  readonly encodeMetadata: string;
  readonly fileName: string;
  readonly createTime: string;
  readonly updateTime: string;
}

const PROVIDER = object({
  status: ANY_TEXT,
  auxiliaryDomain: ANY_TEXT,
  domainId: ANY_TEXT,
  encodeMetadata: ANY_TEXT,
  fileName: ANY_TEXT,
  createTime: optional(text()),
  updateTime: optional(text()),
});
const NOT_FOUND = "IdpNotFound";

const OPERATIONS = operations({
  QuerySubUserIdp: {
    summary: "The SAML identity provider for users; empty when there is none.",
    method: "GET",
    path: "/v1/subUser/idp/query",
    answer: PROVIDER,
  },
  UpdateSubUserIdp: {
    summary: "Sets the identity provider by its metadata, XML in base64.",
    method: "POST",
    path: "/v1/subUser/idp/update",
    body: object({ fileName: text(), encodeMetadata: text(), auxiliaryDomain: ANY_TEXT }),
    answer: PROVIDER,
    errors: ["BadRequest"],
  },
  UpdateSubUserIdpStatus: {
    summary: "Switches the identity provider on or off.",
    method: "POST",
    path: "/v1/subUser/idp/updateStatus",
    query: { status: text() },
    answer: PROVIDER,
    errors: [NOT_FOUND],
  },
  DeleteSubUserIdp: {
    summary: "Removes the identity provider.",
    method: "POST",
    path: "/v1/subUser/idp/delete",
    errors: [NOT_FOUND],
  },
  GetAccountSummary: {
    summary: "How much the account has of everything.",
    method: "GET",
    path: "/v1/account/summary",
    answer: object({
      accountId: text(),
      users: integer(),
      groups: integer(),
      roles: integer(),
      policies: integer(),
    }),
  },
});

/** Signing in by SAML is not simulated: the provider is only kept. The fields of the summary are not published. */
export const identityProvider = part(OPERATIONS, (account) => {
  const providers = () => account.shared.table<IdentityProvider>("iamIdentityProviders");
  const only = () => providers().get("idp");
  const known = (): IdentityProvider => {
    const provider = only();
    if (!provider) throw new Fault(404, NOT_FOUND, "The account has no identity provider.");
    return provider;
  };
  return {
    QuerySubUserIdp: () => only() ?? {},
    UpdateSubUserIdp({ body: { fileName, encodeMetadata, auxiliaryDomain = "" } }) {
      const xml = Buffer.from(encodeMetadata, "base64").toString();
      if (!xml.trimStart().startsWith("<")) throw badRequest("encodeMetadata: expected XML in base64.");
      const now = account.time();
      const before = only();
      const provider = {
        status: before?.status ?? "ENABLED",
        auxiliaryDomain,
        domainId: before?.domainId ?? newIamId(account.random),
        encodeMetadata,
        fileName,
        createTime: before?.createTime ?? now,
        updateTime: now,
      };
      providers().set("idp", provider);
      return provider;
    },
    UpdateSubUserIdpStatus({ query: { status } }) {
      const provider = { ...known(), status, updateTime: account.time() };
      providers().set("idp", provider);
      return provider;
    },
    DeleteSubUserIdp() {
      known();
      providers().delete("idp");
      return {};
    },
    GetAccountSummary: () => ({
      accountId: account.id,
      users: usersOf(account).size,
      groups: groupsOf(account).size,
      roles: rolesOf(account).size,
      policies: policiesOf(account).size,
    }),
  };
});
