package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"syscall"
	"time"

	v1 "k8s.io/api/core/v1"
	cloudprovider "k8s.io/cloud-provider"
)

// memoryCloud implements the provider contract without a cloud. Each call takes as long as the environment says; an
// instance exists for every node, and is called "bench://<node name>".
type memoryCloud struct {
	metadataLatency, ensureLatency, updateLatency time.Duration
	started                                       time.Time

	mu          sync.Mutex
	calls       map[string]int
	balancers   map[string]bool
	firstLookup time.Duration
}

func newMemoryCloud() *memoryCloud {
	return &memoryCloud{
		metadataLatency: millis("BENCH_METADATA_MS", 100),
		ensureLatency:   millis("BENCH_ENSURE_MS", 2000),
		updateLatency:   millis("BENCH_UPDATE_MS", 500),
		started:         time.Now(),
		calls:           map[string]int{},
		balancers:       map[string]bool{},
	}
}

func millis(name string, otherwise int) time.Duration {
	value, err := strconv.Atoi(os.Getenv(name))
	if err != nil {
		value = otherwise
	}
	return time.Duration(value) * time.Millisecond
}

// reportOnSignal prints one JSON line with the number of calls so far for each SIGUSR2.
func (c *memoryCloud) reportOnSignal() {
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGUSR2)
	for range asked {
		c.mu.Lock()
		line, err := json.Marshal(map[string]any{"calls": c.calls, "firstLookupMs": c.firstLookup.Milliseconds()})
		c.mu.Unlock()
		if err == nil {
			fmt.Println(string(line))
		}
	}
}

// call counts a call and lets its latency pass.
func (c *memoryCloud) call(ctx context.Context, name string, latency time.Duration) error {
	c.mu.Lock()
	c.calls[name]++
	if c.firstLookup == 0 && name == "InstanceMetadata" {
		c.firstLookup = time.Since(c.started)
	}
	c.mu.Unlock()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(latency):
		return nil
	}
}

func (c *memoryCloud) Initialize(cloudprovider.ControllerClientBuilder, <-chan struct{}) {}
func (c *memoryCloud) LoadBalancer() (cloudprovider.LoadBalancer, bool)                  { return c, true }
func (c *memoryCloud) Instances() (cloudprovider.Instances, bool)                        { return nil, false }
func (c *memoryCloud) InstancesV2() (cloudprovider.InstancesV2, bool)                    { return c, true }
func (c *memoryCloud) Zones() (cloudprovider.Zones, bool)                                { return nil, false }
func (c *memoryCloud) Clusters() (cloudprovider.Clusters, bool)                          { return nil, false }
func (c *memoryCloud) Routes() (cloudprovider.Routes, bool)                              { return nil, false }
func (c *memoryCloud) ProviderName() string                                              { return "bench" }
func (c *memoryCloud) HasClusterID() bool                                                { return true }

func (c *memoryCloud) InstanceExists(ctx context.Context, _ *v1.Node) (bool, error) {
	return true, c.call(ctx, "InstanceExists", c.metadataLatency)
}

func (c *memoryCloud) InstanceShutdown(ctx context.Context, _ *v1.Node) (bool, error) {
	return false, c.call(ctx, "InstanceShutdown", c.metadataLatency)
}

func (c *memoryCloud) InstanceMetadata(ctx context.Context, node *v1.Node) (*cloudprovider.InstanceMetadata, error) {
	if err := c.call(ctx, "InstanceMetadata", c.metadataLatency); err != nil {
		return nil, err
	}
	return &cloudprovider.InstanceMetadata{
		ProviderID:    "bench://" + node.Name,
		InstanceType:  "b1.large",
		Zone:          "zone-a",
		Region:        "region-1",
		NodeAddresses: addressesOf(node.Name),
	}, nil
}

// addressesOf gives a node the address that its number says: both providers and the bench agree on it.
func addressesOf(name string) []v1.NodeAddress {
	var n int
	fmt.Sscanf(name, "node-%d", &n)
	ip := fmt.Sprintf("10.%d.%d.%d", 100+n/65536, n/256%256, n%256)
	return []v1.NodeAddress{{Type: v1.NodeInternalIP, Address: ip}, {Type: v1.NodeHostName, Address: name}}
}

func (c *memoryCloud) GetLoadBalancer(_ context.Context, _ string, service *v1.Service) (*v1.LoadBalancerStatus, bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls["GetLoadBalancer"]++
	return statusOf(service), c.balancers[string(service.UID)], nil
}

func (c *memoryCloud) GetLoadBalancerName(_ context.Context, _ string, service *v1.Service) string {
	return string(service.UID)
}

func (c *memoryCloud) EnsureLoadBalancer(ctx context.Context, _ string, service *v1.Service, _ []*v1.Node) (*v1.LoadBalancerStatus, error) {
	if err := c.call(ctx, "EnsureLoadBalancer", c.ensureLatency); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.balancers[string(service.UID)] = true
	return statusOf(service), nil
}

func (c *memoryCloud) UpdateLoadBalancer(ctx context.Context, _ string, _ *v1.Service, _ []*v1.Node) error {
	return c.call(ctx, "UpdateLoadBalancer", c.updateLatency)
}

func (c *memoryCloud) EnsureLoadBalancerDeleted(ctx context.Context, _ string, service *v1.Service) error {
	err := c.call(ctx, "EnsureLoadBalancerDeleted", 0)
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.balancers, string(service.UID))
	return err
}

// statusOf has the address that the Service's number says, with its ports, so that an edit shows in the status.
func statusOf(service *v1.Service) *v1.LoadBalancerStatus {
	var n int
	fmt.Sscanf(service.Name, "service-%d", &n)
	ingress := v1.LoadBalancerIngress{IP: fmt.Sprintf("198.18.%d.%d", n/250, n%250+1)}
	for _, port := range service.Spec.Ports {
		ingress.Ports = append(ingress.Ports, v1.PortStatus{Port: port.Port, Protocol: port.Protocol})
	}
	return &v1.LoadBalancerStatus{Ingress: []v1.LoadBalancerIngress{ingress}}
}
