{{/* The Pod, which the Deployment and the DaemonSet share. */}}
{{- define "ccm.pod" -}}
metadata:
  labels:
    app.kubernetes.io/name: cloud-controller-manager
spec:
  serviceAccountName: cloud-controller-manager
  priorityClassName: {{ .Values.priorityClassName }}
  # It makes nodes usable: it cannot wait for a Pod network, nor for nodes that are already initialised.
  hostNetwork: true
  dnsPolicy: Default
  {{- with .Values.image.pullSecrets }}
  imagePullSecrets:
    {{- range . }}
    - name: {{ . }}
    {{- end }}
  {{- end }}
  {{- with .Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if eq .Values.kind "Deployment" }}
  affinity:
    podAntiAffinity:
      requiredDuringSchedulingIgnoredDuringExecution:
        - topologyKey: kubernetes.io/hostname
          labelSelector:
            matchLabels:
              app.kubernetes.io/name: cloud-controller-manager
  {{- end }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 65532
    runAsGroup: 65532
    fsGroup: 65532
    seccompProfile:
      type: RuntimeDefault
  containers:
    - name: cloud-controller-manager
      image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
      {{- with .Values.image.pullPolicy }}
      imagePullPolicy: {{ . }}
      {{- end }}
      args:
        - {{ printf "--cloud-config=/etc/cloud/%s" .Values.cloudConfig.key | quote }}
        {{- if .Values.routes.enabled }}
        - --allocate-node-cidrs=true
        - {{ printf "--cluster-cidr=%s" .Values.routes.clusterCidr | quote }}
        {{- end }}
        {{- if .Values.useServiceAccountCredentials }}
        - --use-service-account-credentials=true
        {{- end }}
        {{- if .Values.pullSecretController.enabled }}
        - "--controllers=*,pull-secret-controller"
        {{- end }}
        {{- range .Values.extraArgs }}
        - {{ . | quote }}
        {{- end }}
      {{- with .Values.extraEnv }}
      env:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      ports:
        - name: https
          containerPort: 10258
      livenessProbe:
        httpGet: {path: /livez, port: https, scheme: HTTPS}
        initialDelaySeconds: 15
        periodSeconds: 10
        timeoutSeconds: 5
      readinessProbe:
        httpGet: {path: /readyz, port: https, scheme: HTTPS}
        periodSeconds: 10
        timeoutSeconds: 5
      {{- with .Values.resources }}
      resources:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities: {drop: [ALL]}
      volumeMounts:
        - name: cloud-config
          mountPath: /etc/cloud
          readOnly: true
        {{- with .Values.extraVolumeMounts }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
  volumes:
    - name: cloud-config
      secret:
        secretName: {{ .Values.cloudConfig.secretName }}
    {{- with .Values.extraVolumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end }}
