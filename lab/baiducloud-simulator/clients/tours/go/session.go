package main

import (
	"time"

	"github.com/baidubce/bce-sdk-go/bce"
	"github.com/baidubce/bce-sdk-go/services/vpc"
)

// tourSession is about what every product shares: signatures, clocks, and what does not exist.
func tourSession() {
	list := func(client *vpc.Client) error {
		client.Config.Retry = bce.NewNoRetryPolicy()
		return refusal(client.ListVPC(&vpc.ListVPCArgs{}))
	}
	with := func(accessKeyID, secretAccessKey string) *vpc.Client {
		client, err := vpc.NewClient(accessKeyID, secretAccessKey, endpointOf("vpc"))
		must(err)
		return client
	}
	refused(list(with(env.AccessKeyID, "0123456789abcdef0123456789abcdef")), 403, "SignatureDoesNotMatch")
	refused(list(with("ffffffffffffffffffffffffffffffff", env.SecretAccessKey)), 403, "InvalidAccessKeyId")

	expired := newVpcClient()
	expired.Config.SignOption.Timestamp = time.Now().Add(-time.Hour).Unix()
	refused(list(expired), 400, "RequestExpired")

	future := newVpcClient()
	future.Config.SignOption.Timestamp = time.Now().Add(time.Hour).Unix()
	refused(list(future), 403, "RequestTimeTooSkewed")

	unsigned := newVpcClient()
	unsigned.Config.Credentials = nil
	refused(list(unsigned), 403, "AccessDenied")

	// A clock that is a little off is no reason to refuse.
	near := newVpcClient()
	near.Config.SignOption.Timestamp = time.Now().Add(-5 * time.Minute).Unix()
	that("a list of VPCs", len(ok(near.ListVPC(&vpc.ListVPCArgs{})).VPCs) > 0)

	request := bce.NewRequestBuilder(near).WithMethod("GET").WithURL("/v1/no/such/thing")
	refused(request.Do(), 404, "InvalidURI")
	body := bce.NewRequestBuilder(newVpcClient()).WithMethod("POST").WithURL("/v1/vpc").WithBody([]string{"not an object"})
	refused(body.Do(), 400, "InappropriateJSON")
	list1001 := bce.NewRequestBuilder(near).WithMethod("GET").WithURL("/v1/vpc").WithQueryParam("maxKeys", "1001")
	refused(list1001.Do(), 400, "BadRequest")
}
