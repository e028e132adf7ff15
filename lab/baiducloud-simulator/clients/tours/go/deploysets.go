package main

import (
	"fmt"

	"github.com/baidubce/bce-sdk-go/services/bcc"
	"github.com/baidubce/bce-sdk-go/services/bcc/api"
)

func tourDeploymentSets(client *bcc.Client, instanceID string) {
	var ids []string
	for i, strategy := range []string{"HOST_HA", "RACK_HA", "TOR_HA"} {
		args := &api.CreateDeploySetArgs{ClientToken: fmt.Sprint("set-", i), Name: fmt.Sprintf("set-%d", i), Desc: "first", Strategy: strategy, Concurrency: 1}
		ids = append(ids, ok(client.CreateDeploySet(args)).DeploySetId)
		equal("the same token makes no second one", ok(client.CreateDeploySet(args)).DeploySetId, ids[i])
	}
	equal("sets", len(ok(client.ListDeploySets()).DeploySetList), 3)
	done(refusal(client.ModifyDeploySet(ids[0], &api.ModifyDeploySetArgs{Name: "renamed", Desc: "changed"})))
	done(refusal(client.UpdateInstanceDeploySet(&api.UpdateInstanceDeployArgs{InstanceId: instanceID, DeploySetIds: ids[:1]})))
	listed := ok(client.ListDeploySetsWithId(&api.ListDeploySetArgs{DeploymentSetIdList: ids[0]})).DeploySetList
	equal("sets of an id", len(listed), 1)
	equal("name after update", listed[0].Name, "renamed")
	equal("machines, as a text", listed[0].InstanceCount, "1")
	shown := ok(client.GetDeploySet(ids[0]))
	equal("strategy", shown.Strategy, "HOST_HA")
	equal("machines of the zone", shown.InstanceList[0].InstanceIds, []string{instanceID})
	sets := ok(client.GetInstanceDetailWithDeploySet(instanceID, true)).Instance.DeploySetList
	equal("sets of the machine", idsOf(sets, func(one api.DeploySetSimpleModel) string { return one.Name }), []string{"renamed"})
	refused(client.DeleteDeploySet(ids[0]), 409, "OperationDenied")
	done(refusal(client.DelInstanceDeploySet(&api.DelInstanceDeployArgs{DeploySetId: ids[0], InstanceIds: []string{instanceID}})))
	for _, id := range ids {
		done(client.DeleteDeploySet(id))
	}
	refused(refusal(client.GetDeploySet(ids[0])), 404, "NoSuchObject")
}
