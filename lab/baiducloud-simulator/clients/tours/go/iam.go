package main

import (
	"github.com/baidubce/bce-sdk-go/auth"
	"github.com/baidubce/bce-sdk-go/bce"
	"github.com/baidubce/bce-sdk-go/services/iam"
	"github.com/baidubce/bce-sdk-go/services/iam/api"
	"github.com/baidubce/bce-sdk-go/services/sts"
	stsapi "github.com/baidubce/bce-sdk-go/services/sts/api"
	"github.com/baidubce/bce-sdk-go/services/vpc"
)

func tourIam() {
	client, err := iam.NewClientWithEndpoint(env.AccessKeyID, env.SecretAccessKey, endpointOf("iam"))
	must(err)
	made := ok(client.CreateUser(&api.CreateUserArgs{Name: "grace", Description: "first"}))
	equal("name", made.Name, "grace")
	that("created time, as a time", !made.CreateTime.IsZero())
	equal("description", ok(client.GetUser("grace")).Description, "first")
	ok(client.UpdateUser("grace", &api.UpdateUserArgs{Description: "changed"}))
	equal("description after update", ok(client.GetUser("grace")).Description, "changed")
	refused(refusal(client.GetUser("nobody")), 404, "UserNotFound")
	that("she is listed", contains(idsOf(ok(client.ListUser()).Users, func(one api.UserModel) string { return one.Name }), "grace"))

	ok(client.CreateGroup(&api.CreateGroupArgs{Name: "readers", Description: "who may look"}))
	equal("description of the group", ok(client.GetGroup("readers")).Description, "who may look")
	done(client.AddUserToGroup("grace", "readers"))
	equal("members", len(ok(client.ListUsersInGroup("readers")).Users), 1)
	equal("her groups", len(ok(client.ListGroupsForUser("grace")).Groups), 1)
	done(client.DeleteUserFromGroup("grace", "readers"))
	equal("members", len(ok(client.ListUsersInGroup("readers")).Users), 0)
	done(client.DeleteGroup("readers"))

	key := ok(client.CreateAccessKey("grace"))
	that("a secret, once", key.Secret != "")
	listed := ok(client.ListAccessKey("grace")).AccessKeys
	equal("keys", idsOf(listed, func(one api.AccessKeyModel) string { return one.Id }), []string{key.Id})
	equal("secret, later", listed[0].Secret, "")
	hers, err := vpc.NewClient(key.Id, key.Secret, endpointOf("vpc"))
	must(err)
	list := func() error { return refusal(hers.ListVPC(&vpc.ListVPCArgs{})) }
	ok(client.DisableAccessKey("grace", key.Id))
	refused(list(), 403, "InvalidAccessKeyId")
	ok(client.EnableAccessKey("grace", key.Id))

	attach := &api.AttachPolicyToUserArgs{UserName: "grace", PolicyName: "VPCReadPolicy", PolicyType: "System"}
	policies := ok(client.ListPolicy("", "System")).Policies
	that("there are policies of the cloud", len(policies) > 0)
	attach.PolicyName = policies[0].Name
	done(client.AttachPolicyToUser(attach))
	attached := ok(client.ListUserAttachedPolicies("grace")).Policies
	equal("her policies", idsOf(attached, func(one api.PolicyModel) string { return one.Name }), []string{policies[0].Name})
	done(client.DetachPolicyFromUser(&api.DetachPolicyFromUserArgs{UserName: "grace", PolicyName: policies[0].Name, PolicyType: "System"}))
	equal("her policies", len(ok(client.ListUserAttachedPolicies("grace")).Policies), 0)

	tourLogins(client)
	tourPolicies(client)
	tourRoles(client)
	tourIdentityProvider(client)
	done(client.DeleteAccessKey("grace", key.Id))
	refused(list(), 403, "InvalidAccessKeyId")
	done(client.DeleteUser("grace"))
	refused(refusal(client.GetUser("grace")), 404, "UserNotFound")
}

func tourLogins(client *iam.Client) {
	login := ok(client.UpdateUserLoginProfile("grace", &api.UpdateUserLoginProfileArgs{Password: "Tour_12345", EnabledLogin: true}))
	equal("she may log in", login.EnabledLogin, true)
	ok(client.UpdateUserLoginProfileV2("grace", &api.UpdateUserLoginProfileArgsV2{NeedResetPassword: pointer(true)}))
	equal("her password has to go", ok(client.GetUserLoginProfile("grace")).NeedResetPassword, true)
	done(client.UserOperationMfaSwitch(&api.UserSwitchMfaArgs{UserName: "grace", EnabledMfa: true, MfaType: "PHONE"}))
	ok(client.SubUserUpdate("grace", &api.UpdateSubUserArgs{Password: "Other_12345", Provider: "OIDC", Enable: true}))
	done(client.DeleteUserLoginProfile("grace"))
	refused(refusal(client.GetUserLoginProfile("grace")), 404, "LoginProfileNotFound")
}

func tourPolicies(client *iam.Client) {
	document := func(effect string) string {
		return `{"accessControlList":[{"service":"bce:vpc","region":"*","resource":["*"],"effect":"` + effect + `","permission":["READ"]}]}`
	}
	made := ok(client.CreatePolicy(&api.CreatePolicyArgs{Name: "look", Description: "first", Document: document("Allow")}))
	equal("kind", made.Type, "Custom")
	refused(refusal(client.CreatePolicy(&api.CreatePolicyArgs{Name: "look", Document: document("Allow")})), 409, "PolicyAlreadyExists")
	ok(client.UpdatePolicy(&api.UpdatePolicyArgs{PolicyName: "look", Name: "look", Description: "changed", Document: document("Deny")}))
	equal("description after update", ok(client.GetPolicy("look", "Custom")).Description, "changed")
	equal("policies of a name", len(ok(client.ListPolicy("look", "Custom")).Policies), 1)
	ok(client.CreateGroup(&api.CreateGroupArgs{Name: "writers"}))
	ok(client.UpdateGroup("writers", &api.UpdateGroupArgs{Description: "changed"}))
	that("the group is listed", contains(idsOf(ok(client.ListGroup()).Groups, func(one api.GroupModel) string { return one.Description }), "changed"))
	done(client.AttachPolicyToGroup(&api.AttachPolicyToGroupArgs{GroupName: "writers", PolicyName: "look", PolicyType: "Custom"}))
	equal("the group's policies", len(ok(client.ListGroupAttachedPolicies("writers")).Policies), 1)
	holders := ok(client.ListPolicyAttachedEntities(made.Id)).PolicyAttachedEntities
	equal("who has it", idsOf(holders, func(one api.PolicyAttachedEntity) string { return one.Name }), []string{"writers"})
	refused(client.DeletePolicy("look"), 409, "PolicyInUse")
	done(client.DetachPolicyFromGroup(&api.DetachPolicyFromGroupArgs{GroupName: "writers", PolicyName: "look", PolicyType: "Custom"}))
	done(client.DeleteGroup("writers"))
}

// tourRoles leaves no policy.
func tourRoles(client *iam.Client) {
	trust := `{"version":"v1","accessControlList":[{"service":"bce:iam","region":"*","grantee":[{"id":"*"}],"effect":"Allow","permission":["AssumeRole"]}]}`
	ok(client.CreateRole(&api.CreateRoleArgs{Name: "helper", Description: "first", AssumeRolePolicyDocument: trust}))
	ok(client.UpdateRole("helper", &api.UpdateRoleArgs{Description: "changed", AssumeRolePolicyDocument: trust}))
	equal("description after update", ok(client.GetRole("helper")).Description, "changed")
	that("it is listed", contains(idsOf(ok(client.ListRole()).Roles, func(one api.RoleModel) string { return one.Name }), "helper"))
	done(client.AttachPolicyToRole(&api.AttachPolicyToRoleArgs{RoleName: "helper", PolicyName: "look", PolicyType: "Custom"}))
	equal("the role's policies", len(ok(client.ListRoleAttachedPolicies("helper")).Policies), 1)
	done(client.DetachPolicyFromRole(&api.DetachPolicyToRoleArgs{RoleName: "helper", PolicyName: "look", PolicyType: "Custom"}))
	done(client.DeleteRole("helper"))
	refused(refusal(client.GetRole("helper")), 404, "RoleNotFound")
	done(client.DeletePolicy("look"))
	refused(refusal(client.GetPolicy("look", "Custom")), 404, "PolicyNotFound")
}

func tourIdentityProvider(client *iam.Client) {
	made := ok(client.UpdateSubUserIdp(&api.UpdateSubUserIdpRequest{FileName: "meta.xml", EncodeMetadata: "PG1ldGEvPg==", AuxiliaryDomain: "tour.example"}))
	equal("its domain", made.AuxiliaryDomain, "tour.example")
	equal("status", ok(client.UpdateSubUserIdpStatus("enable")).Status, "enable")
	equal("status", ok(client.GetSubUserIdpConfig()).Status, "enable")
	done(client.DeleteSubUserIdp())
}

// tourSts works with a key that lasts for a while, and needs its token.
func tourSts() {
	client, err := sts.NewStsClient(env.AccessKeyID, env.SecretAccessKey, endpointOf("sts"))
	must(err)
	session := ok(client.GetSessionToken(3600, ""))
	that("created and expiring", isTime(session.CreateTime) && isTime(session.Expiration))
	with := func(token string) *vpc.Client {
		networks, err := vpc.NewClient(session.AccessKeyId, session.SecretAccessKey, endpointOf("vpc"))
		must(err)
		networks.Config.Retry = bce.NewNoRetryPolicy()
		if token != "" {
			credentials, err := auth.NewSessionBceCredentials(session.AccessKeyId, session.SecretAccessKey, token)
			must(err)
			networks.Config.Credentials = credentials
		}
		return networks
	}
	that("it sees the VPCs", len(ok(with(session.SessionToken).ListVPC(&vpc.ListVPCArgs{})).VPCs) > 0)
	that("not without its token", refusal(with("").ListVPC(&vpc.ListVPCArgs{})) != nil)
	that("not with another token", refusal(with("0123456789").ListVPC(&vpc.ListVPCArgs{})) != nil)
	tourAssumedRole(client)
}

func tourAssumedRole(client *sts.Client) {
	people, err := iam.NewClientWithEndpoint(env.AccessKeyID, env.SecretAccessKey, endpointOf("iam"))
	must(err)
	trust := `{"version":"v1","accessControlList":[{"service":"bce:iam","region":"*","grantee":[{"id":"` + env.AccountID + `"}],"effect":"Allow","permission":["AssumeRole"]}]}`
	ok(people.CreateRole(&api.CreateRoleArgs{Name: "guest", AssumeRolePolicyDocument: trust}))
	given := ok(client.AssumeRole(&stsapi.AssumeRoleArgs{AccountId: env.AccountID, RoleName: "guest", DurationSeconds: 900}))
	that("a key of its own", given.AccessKeyId != "" && given.SessionToken != "")
	guest, err := vpc.NewClient(given.AccessKeyId, given.SecretAccessKey, endpointOf("vpc"))
	must(err)
	guest.Config.Retry = bce.NewNoRetryPolicy()
	credentials, err := auth.NewSessionBceCredentials(given.AccessKeyId, given.SecretAccessKey, given.SessionToken)
	must(err)
	guest.Config.Credentials = credentials
	refused(refusal(guest.ListVPC(&vpc.ListVPCArgs{})), 403, "AccessDenied")
	attach := &api.AttachPolicyToRoleArgs{RoleName: "guest", PolicyName: "NETWORKReadAccessPolicy", PolicyType: "System"}
	done(people.AttachPolicyToRole(attach))
	that("with the policy it sees the VPCs", len(ok(guest.ListVPC(&vpc.ListVPCArgs{})).VPCs) > 0)
	refused(refusal(guest.CreateVPC(&vpc.CreateVPCArgs{Name: "denied", Cidr: "10.9.0.0/16"})), 403, "AccessDenied")
	done(people.DetachPolicyFromRole(&api.DetachPolicyToRoleArgs{RoleName: "guest", PolicyName: "NETWORKReadAccessPolicy", PolicyType: "System"}))
	done(people.DeleteRole("guest"))
	refused(refusal(client.AssumeRole(&stsapi.AssumeRoleArgs{AccountId: env.AccountID, RoleName: "guest"})), 404, "NoSuchObject")
}
