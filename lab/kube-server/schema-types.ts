/** The types of the served kinds in the notation of schema.ts. */

const STORED = "apiVersion kind metadata:ObjectMeta";

export const TYPES: Readonly<Record<string, string>> = {
  ObjectMeta: `name generateName namespace selfLink uid resourceVersion generation## creationTimestamp% deletionTimestamp%
    deletionGracePeriodSeconds##& labels{} annotations{} ownerReferences[OwnerReference]@uid finalizers[]+
    managedFields[ManagedFieldsEntry]`,
  OwnerReference: "apiVersion^ kind^ name^ uid^ controller?& blockOwnerDeletion?&",
  ManagedFieldsEntry: "manager operation apiVersion time% fieldsType fieldsV1* subresource",
  ObjectReference: "apiVersion kind namespace name uid resourceVersion fieldPath",
  LocalObjectReference: "name",
  LabelSelector: "matchLabels{} matchExpressions[LabelSelectorRequirement]",
  LabelSelectorRequirement: "key^ operator^ values[]",

  CustomObject: `${STORED} spec* status*`,

  Node: `${STORED} spec:NodeSpec^ status:NodeStatus^`,
  NodeSpec: "podCIDR podCIDRs[]+ podPreemptionPolicy* providerID unschedulable? taints[Taint] configSource* externalID",
  Taint: "key^ value effect^ timeAdded%",
  NodeStatus: `capacity{*} allocatable{*} phase conditions[NodeCondition]@type addresses[NodeAddress]@type
    daemonEndpoints:NodeDaemonEndpoints^ nodeInfo:NodeSystemInfo^ images[ContainerImage] volumesInUse[] volumesAttached[*] config*
    runtimeHandlers[*] features* declaredFeatures[]`,
  NodeDaemonEndpoints: "kubeletEndpoint:DaemonEndpoint^",
  DaemonEndpoint: "Port#^",
  NodeCondition: "type^ status^ lastHeartbeatTime%^ lastTransitionTime%^ reason message",
  NodeAddress: "type^ address^",
  ContainerImage: "names[] sizeBytes##",
  NodeSystemInfo: `machineID^ systemUUID^ bootID^ kernelVersion^ osImage^ containerRuntimeVersion^ kubeletVersion^ kubeProxyVersion^
    operatingSystem^ architecture^ swap* runningInUserNamespace?&`,

  Service: `${STORED} spec:ServiceSpec^ status:ServiceStatus^`,
  ServiceSpec: `ports[ServicePort]@port=port,protocol selector{} clusterIP clusterIPs[] type externalIPs[] sessionAffinity
    loadBalancerIP loadBalancerSourceRanges[] externalName externalTrafficPolicy healthCheckNodePort# publishNotReadyAddresses?
    sessionAffinityConfig:SessionAffinityConfig ipFamilies[] ipFamilyPolicy& allocateLoadBalancerNodePorts?& loadBalancerClass&
    internalTrafficPolicy& trafficDistribution&`,
  ServicePort: "name protocol appProtocol& port#^ targetPort~ nodePort#",
  SessionAffinityConfig: "clientIP:ClientIPConfig",
  ClientIPConfig: "timeoutSeconds#&",
  ServiceStatus: "loadBalancer:LoadBalancerStatus^ conditions[Condition]@type",
  LoadBalancerStatus: "ingress[LoadBalancerIngress]",
  LoadBalancerIngress: "ip hostname ipMode& ports[PortStatus]",
  PortStatus: "port#^ protocol^ error&",
  Condition: "type^ status^ observedGeneration## lastTransitionTime%^ reason^ message^",

  Event: `${STORED} involvedObject:ObjectReference^ reason message source:EventSource^ firstTimestamp%^ lastTimestamp%^ count# type
    eventTime%%^ series:EventSeries action related:ObjectReference reportingComponent^ reportingInstance^`,
  EventSource: "component host",
  EventSeries: "count# lastObservedTime%%^",
  EventsV1Event: `${STORED} eventTime%%^ series:EventSeries reportingController reportingInstance action reason
    regarding:ObjectReference related:ObjectReference note type deprecatedSource:EventSource deprecatedFirstTimestamp%
    deprecatedLastTimestamp% deprecatedCount#`,

  Namespace: `${STORED} spec:NamespaceSpec^ status:NamespaceStatus^`,
  NamespaceSpec: "finalizers[]",
  NamespaceStatus: "phase conditions[NamespaceCondition]@type",
  NamespaceCondition: "type^ status^ lastTransitionTime%^ reason message",
  Secret: `${STORED} immutable?& data{b} stringData{} type`,
  ConfigMap: `${STORED} immutable?& data{} binaryData{b}`,
  ServiceAccount: `${STORED} secrets[ObjectReference]@name imagePullSecrets[LocalObjectReference]@name
    automountServiceAccountToken?&`,
  Endpoints: `${STORED} subsets[EndpointSubset]`,
  EndpointSubset: "addresses[EndpointAddress] notReadyAddresses[EndpointAddress] ports[CoreEndpointPort]",
  EndpointAddress: "ip^ hostname nodeName& targetRef:ObjectReference",
  CoreEndpointPort: "name port#^ protocol appProtocol&",

  EndpointSlice: `${STORED} addressType^ endpoints[Endpoint]^ ports[EndpointPort]^`,
  Endpoint: `addresses[]^ conditions:EndpointConditions^ hostname& targetRef:ObjectReference deprecatedTopology{} nodeName& zone&
    hints*`,
  EndpointConditions: "ready?& serving?& terminating?&",
  EndpointPort: "name& port#& protocol& appProtocol&",

  Lease: `${STORED} spec:LeaseSpec^`,
  LeaseSpec: `holderIdentity& leaseDurationSeconds#& acquireTime%% renewTime%% leaseTransitions#& strategy& preferredHolder&`,

  Deployment: `${STORED} spec:DeploymentSpec^ status:DeploymentStatus^`,
  DeploymentSpec: `replicas#& selector:LabelSelector^ template:PodTemplateSpec^ strategy:DeploymentStrategy!^ minReadySeconds#
    revisionHistoryLimit#& paused? progressDeadlineSeconds#&`,
  DeploymentStrategy: "type rollingUpdate:RollingUpdateDeployment",
  RollingUpdateDeployment: "maxUnavailable~& maxSurge~&",
  DeploymentStatus: `observedGeneration## replicas# updatedReplicas# readyReplicas# availableReplicas# unavailableReplicas#
    terminatingReplicas#& conditions[DeploymentCondition]@type collisionCount#&`,
  DeploymentCondition: "type^ status^ lastUpdateTime%^ lastTransitionTime%^ reason message",
  Scale: `${STORED} spec:ScaleSpec^ status:ScaleStatus^`,
  ScaleSpec: "replicas#",
  ScaleStatus: "replicas#^ selector",

  Pod: `${STORED} spec:PodSpec^ status:PodStatus^`,
  PodTemplateSpec: "metadata:ObjectMeta^ spec:PodSpec^",
  PodSpec: `volumes[Volume]@name initContainers[Container]@name containers[Container]@name^ ephemeralContainers[Container]@name
    restartPolicy terminationGracePeriodSeconds##& activeDeadlineSeconds##& dnsPolicy nodeSelector{} serviceAccountName
    serviceAccount automountServiceAccountToken?& nodeName hostNetwork? hostPID? hostIPC? shareProcessNamespace?&
    securityContext* imagePullSecrets[LocalObjectReference]@name hostname subdomain affinity* schedulerName
    tolerations[Toleration] hostAliases[HostAlias]@ip priorityClassName priority#& dnsConfig* readinessGates[*]
    runtimeClassName& enableServiceLinks?& preemptionPolicy& overhead{*}
    topologySpreadConstraints[TopologySpreadConstraint]@topologyKey=topologyKey,whenUnsatisfiable setHostnameAsFQDN?& os*
    hostUsers?& schedulingGates[SchedulingGate]@name resourceClaims[PodResourceClaim]@name resources* hostnameOverride&
    schedulingGroup* evictionResponders[*]`,
  Toleration: "key operator value effect tolerationSeconds##&",
  HostAlias: "ip^ hostnames[]",
  SchedulingGate: "name^",
  PodResourceClaim: "name^ resourceClaimName& resourceClaimTemplateName&",
  TopologySpreadConstraint: `maxSkew#^ topologyKey^ whenUnsatisfiable^ labelSelector:LabelSelector minDomains#& nodeAffinityPolicy&
    nodeTaintsPolicy& matchLabelKeys[]`,
  Container: `name^ image command[] args[] workingDir ports[ContainerPort]@containerPort=containerPort,protocol
    envFrom[EnvFromSource] env[EnvVar]@name resources:ResourceRequirements^ resizePolicy[*] restartPolicy& restartPolicyRules[*]
    volumeMounts[VolumeMount]@mountPath volumeDevices[VolumeDevice]@devicePath livenessProbe* readinessProbe* startupProbe*
    lifecycle* terminationMessagePath terminationMessagePolicy imagePullPolicy securityContext* stdin? stdinOnce? tty?
    targetContainerName`,
  ContainerPort: "name hostPort# containerPort#^ protocol hostIP",
  EnvVar: "name^ value valueFrom*",
  EnvFromSource: "prefix configMapRef* secretRef*",
  VolumeMount: "name^ readOnly? recursiveReadOnly& mountPath^ subPath mountPropagation& subPathExpr bindMountOptions*",
  VolumeDevice: "name^ devicePath^",
  ResourceRequirements: "limits{*} requests{*} claims[ContainerResourceClaim]=name",
  ContainerResourceClaim: "name^ request",
  Volume: `name^ hostPath* emptyDir* gcePersistentDisk* awsElasticBlockStore* gitRepo* secret* nfs* iscsi* glusterfs*
    persistentVolumeClaim* rbd* flexVolume* cinder* cephfs* flocker* downwardAPI* fc* azureFile* configMap* vsphereVolume* quobyte*
    azureDisk* photonPersistentDisk* projected* portworxVolume* scaleIO* storageos* csi* ephemeral* image*`,
  PodStatus: `observedGeneration## phase conditions[PodCondition]@type message reason nominatedNodeName hostIP hostIPs[PodIP]@ip podIP
    podIPs[PodIP]@ip startTime% initContainerStatuses[*] containerStatuses[*] qosClass ephemeralContainerStatuses[*] resize
    resourceClaimStatuses[*] allocatedResources{*} resources* extendedResourceClaimStatus* nodeAllocatableResourceClaimStatuses[*]
    volumeHealth[*]`,
  PodCondition: "type^ status^ observedGeneration## lastProbeTime%^ lastTransitionTime%^ reason message",
  PodIP: "ip^",
};
