import { ANY_TEXT } from "../../api/common.ts";
import { badRequest, Fault } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { boolean, object, optional, text } from "../../api/schema.ts";
import { getUser, type LoginProfile, NEVER, usersOf } from "./records.ts";
import { USER, viewUser } from "./users.ts";

const SHARED = {
  needResetPassword: boolean(),
  enabledLogin: boolean(),
  enabledLoginMfa: boolean(),
  loginMfaType: optional(text({ oneOf: ["PHONE", "TOTP"] })),
  thirdPartyType: ANY_TEXT,
  thirdPartyAccount: ANY_TEXT,
};
const PASSWORD = optional(
  text({
    pattern: /^(?=.*[A-Za-z])(?=.*[0-9])[\x21-\x7e]{8,32}$/,
    hint: "8 to 32 characters with a letter and a digit",
  }),
);
const PROFILE = object(SHARED);
const PATH = "/v1/user/{userName}/loginProfile";
const NOT_FOUND = ["UserNotFound", "LoginProfileNotFound"];
const NEW: LoginProfile = {
  hasPassword: false,
  needResetPassword: false,
  enabledLogin: false,
  enabledLoginMfa: false,
  loginMfaType: "",
  thirdPartyType: "",
  thirdPartyAccount: "",
  passwordExpireDate: NEVER,
};

const OPERATIONS = operations({
  GetUserLoginProfile: {
    summary: "How a user signs in to the console. Never the password.",
    method: "GET",
    path: PATH,
    answer: object({ ...SHARED, passwordExpireDate: text() }),
    errors: NOT_FOUND,
  },
  UpdateUserLoginProfile: {
    summary: "Lets a user sign in to the console, or changes how. What is not named stays.",
    method: "PUT",
    path: PATH,
    body: object({
      password: PASSWORD,
      needResetPassword: optional(boolean()),
      enabledLogin: optional(boolean()),
      enabledLoginMfa: optional(boolean()),
      loginMfaType: SHARED.loginMfaType,
      thirdPartyType: ANY_TEXT,
      thirdPartyAccount: ANY_TEXT,
    }),
    answer: PROFILE,
    errors: ["UserNotFound"],
  },
  DeleteUserLoginProfile: {
    summary: "Lets a user no longer sign in to the console.",
    method: "DELETE",
    path: PATH,
    errors: NOT_FOUND,
  },
  SwitchUserOperationMfa: {
    summary: "Whether a user confirms sensitive operations with a second factor.",
    method: "POST",
    path: "/v1/user/operation/mfa/switch",
    body: object({ userName: text(), enabledMfa: boolean(), mfaType: ANY_TEXT }),
    errors: ["UserNotFound"],
  },
  UnbindUserMfaDevice: {
    summary: "Takes a second factor off a user.",
    method: "DELETE",
    path: "/v1/user/{userName}/mfaType/{mfaType}",
    errors: ["UserNotFound", "MfaNotFound"],
  },
  UpdateSubUser: {
    summary: "Sets the password of a user.",
    method: "PUT",
    path: "/v1/subUser/{userName}/update",
    body: object({ password: PASSWORD, provider: ANY_TEXT, enable: optional(boolean()) }),
    answer: USER,
    errors: ["UserNotFound"],
  },
});

/** Signing in to the console. The console is not simulated: what is set here is only told again. */
export const logins = part(OPERATIONS, (account) => {
  const profileOf = (userName: string) => {
    const { id, loginProfile } = getUser(account, userName);
    if (!loginProfile) throw new Fault(404, "LoginProfileNotFound", `The user ${userName} has no login profile.`);
    return { id, loginProfile };
  };
  return {
    GetUserLoginProfile: ({ params }) => shown(profileOf(params.userName).loginProfile),
    UpdateUserLoginProfile({ params, body }) {
      const user = getUser(account, params.userName);
      const before = user.loginProfile ?? NEW;
      const loginProfile: LoginProfile = {
        hasPassword: before.hasPassword || Boolean(body.password),
        needResetPassword: body.needResetPassword ?? before.needResetPassword,
        enabledLogin: body.enabledLogin ?? before.enabledLogin,
        enabledLoginMfa: body.enabledLoginMfa ?? before.enabledLoginMfa,
        loginMfaType: body.loginMfaType ?? before.loginMfaType,
        thirdPartyType: body.thirdPartyType ?? before.thirdPartyType,
        thirdPartyAccount: body.thirdPartyAccount ?? before.thirdPartyAccount,
        passwordExpireDate: before.passwordExpireDate,
      };
      usersOf(account).patch(user.id, { loginProfile });
      const { passwordExpireDate: _, ...answer } = shown(loginProfile);
      return answer;
    },
    DeleteUserLoginProfile({ params }) {
      const { id } = profileOf(params.userName);
      const { loginProfile: _, ...user } = getUser(account, params.userName);
      usersOf(account).set(id, user);
      return {};
    },
    SwitchUserOperationMfa({ body }) {
      const { id, mfaTypes } = getUser(account, body.userName);
      const type = body.mfaType;
      if (body.enabledMfa && !type) throw badRequest("mfaType: expected the kind of second factor.");
      const others = type ? mfaTypes.filter((one) => one !== type) : [];
      usersOf(account).patch(id, { mfaTypes: body.enabledMfa && type ? [...others, type] : others });
      return {};
    },
    UnbindUserMfaDevice({ params }) {
      const { id, mfaTypes } = getUser(account, params.userName);
      if (!mfaTypes.includes(params.mfaType))
        throw new Fault(404, "MfaNotFound", `The user ${params.userName} has no ${params.mfaType}.`);
      usersOf(account).patch(id, { mfaTypes: mfaTypes.filter((one) => one !== params.mfaType) });
      return {};
    },
    UpdateSubUser({ params, body }) {
      const user = getUser(account, params.userName);
      const before = user.loginProfile ?? NEW;
      const hasPassword = before.hasPassword || Boolean(body.password);
      usersOf(account).patch(user.id, { loginProfile: { ...before, hasPassword } });
      return viewUser(user);
    },
  };
});

function shown({ hasPassword: _, ...profile }: LoginProfile) {
  return profile;
}
