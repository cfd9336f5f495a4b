{{- /* The pod of a node, the same in both modes but for where the store is. */ -}}

{{- define "salotto.pod" -}}
metadata:
  labels:
    {{- include "salotto.selector" . | nindent 4 }}
  annotations:
    # Settings are read at start: other settings, other pods.
    checksum/config: {{ include "salotto.toml" . | sha256sum }}
    {{- with .Values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  automountServiceAccountToken: false
  # A Service's variables (SALOTTO_PORT=tcp://…) would be settings that no node knows.
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ include "salotto.grace" . }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 65532
    runAsGroup: 65532
    fsGroup: 65532
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile:
      type: RuntimeDefault
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  containers:
    - name: node
      image: {{ include "salotto.image" . | quote }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      command: [salotto]
      args: [serve, --config, /etc/salotto/salotto.toml]
      {{- with include "salotto.env" . }}
      env:
        {{- . | nindent 8 }}
      {{- end }}
      ports:
        - name: public
          containerPort: 8080
        - name: admin
          containerPort: 8081
      # A start may bring the schema up to date first: up to five minutes.
      startupProbe:
        httpGet: {path: /livez, port: admin}
        periodSeconds: 2
        failureThreshold: 150
      readinessProbe:
        httpGet: {path: /readyz, port: admin}
        periodSeconds: 5
        timeoutSeconds: 2
        failureThreshold: 2
      # It never looks at the store: a restart does not heal one.
      livenessProbe:
        httpGet: {path: /livez, port: admin}
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 6
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities:
          drop: [ALL]
      resources:
        {{- toYaml .Values.resources | nindent 8 }}
      volumeMounts:
        - name: settings
          mountPath: /etc/salotto
          readOnly: true
        # SQLite sorts there.
        - name: temporary
          mountPath: /tmp
        {{- if eq .Values.mode "single" }}
        - name: store
          mountPath: /var/lib/salotto
        {{- end }}
  volumes:
    - name: settings
      configMap:
        name: {{ include "salotto.fullname" . }}
    - name: temporary
      emptyDir: {}
  {{- if eq .Values.mode "cluster" }}
  topologySpreadConstraints:
    {{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
    - topologyKey: {{ . }}
      maxSkew: 1
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "salotto.selector" $ | nindent 10 }}
      # Of the same version only, or a rollout would be spread with what it replaces.
      matchLabelKeys: [pod-template-hash]
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
  {{- with .Values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}

{{- define "salotto.env" -}}
{{- if eq .Values.mode "cluster" -}}
- name: SALOTTO_STORE__URL
  valueFrom:
    secretKeyRef:
      {{- toYaml .Values.secrets.storeUrl | nindent 6 }}
- name: SALOTTO_LINK__URL
  valueFrom:
    secretKeyRef:
      {{- toYaml .Values.secrets.linkUrl | nindent 6 }}
{{ end -}}
{{- with .Values.env -}}
{{- toYaml . -}}
{{- end -}}
{{- end -}}
