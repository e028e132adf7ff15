package main

import (
	"fmt"

	"github.com/baidubce/bce-sdk-go/services/bcc"
	"github.com/baidubce/bce-sdk-go/services/bcc/api"
)

// tourSnapshots needs a free disk and the disk of a system.
func tourSnapshots(client *bcc.Client, volumeID, systemID string) {
	take := func(token, volume string) string {
		id := ok(client.CreateSnapshot(&api.CreateSnapshotArgs{ClientToken: token, VolumeId: volume, SnapshotName: token, Description: "first"})).SnapshotId
		until(id+" is available", func() bool { return ok(client.GetSnapshotDetail(id)).Snapshot.Status == api.SnapshotStatusAvailable })
		return id
	}
	ids := []string{take("snap-0", volumeID), take("snap-1", volumeID), take("snap-2", volumeID)}
	equal("the same token makes no second one", take("snap-0", volumeID), ids[0])
	shown := ok(client.GetSnapshotDetail(ids[0])).Snapshot
	equal("name", shown.Name, "snap-0")
	equal("description", shown.Description, "first")
	equal("disk", shown.VolumeId, volumeID)
	equal("size", shown.SizeInGB, 40)
	list := func(marker string) ([]string, string, bool) {
		page := ok(client.ListSnapshot(&api.ListSnapshotArgs{VolumeId: volumeID, Marker: marker, MaxKeys: 2}))
		return idsOf(page.Snapshots, func(one api.SnapshotModel) string { return one.Id }), page.NextMarker, page.IsTruncated
	}
	equal("snapshots", len(paged("snapshots", 2, list)), 3)
	equal("snapshots of the disk, as a text", ok(client.GetCDSVolumeDetail(volumeID)).Volume.SnapshotNum, "3")
	done(client.ModifySnapshotAttribute(ids[0], &api.ModifySnapshotAttributeArgs{SnapshotName: "renamed", RetentionInDays: 7}))
	equal("name after update", ok(client.GetSnapshotDetail(ids[0])).Snapshot.Name, "renamed")
	that("it ends", isTime(ok(client.GetSnapshotDetail(ids[0])).Snapshot.ExpireTime))

	available := func(id string) {
		until(id+" is available", func() bool { return ok(client.GetCDSVolumeDetail(id)).Volume.Status == api.VolumeStatusAVAILABLE })
	}
	done(client.RollbackCDSVolume(volumeID, &api.RollbackCSDVolumeArgs{SnapshotId: ids[0]}))
	available(volumeID)
	copied := ok(client.CreateCDSVolume(&api.CreateCDSVolumeArgs{
		Name: "copy", ZoneName: zoneOf(0), SnapshotId: ids[0], PurchaseCount: 1, Billing: &api.Billing{PaymentTiming: api.PaymentTimingPostPaid},
	})).VolumeIds[0]
	available(copied)
	equal("size of the copy", ok(client.GetCDSVolumeDetail(copied)).Volume.DiskSizeInGB, 40)
	done(client.DeleteCDSVolume(copied))

	system := take("snap-3", systemID)
	image := ok(client.CreateImage(&api.CreateImageArgs{ImageName: "mine", SnapshotId: system})).ImageId
	until("the image is available", func() bool { return fmt.Sprint(ok(client.GetImageDetail(image)).Image.Status) == "Available" })
	done(client.DeleteImage(image))
	for _, id := range append(ids, system) {
		done(client.DeleteSnapshot(id))
	}
	refused(refusal(client.GetSnapshotDetail(ids[0])), 404, "NoSuchObject")
}
