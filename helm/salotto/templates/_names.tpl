{{- /* Names, labels and the image. */ -}}

{{- /* Short enough for what is put behind it: "-nodes", a revision's hash. */ -}}
{{- define "salotto.fullname" -}}
{{- $name := ternary .Release.Name (printf "%s-salotto" .Release.Name)
      (contains "salotto" .Release.Name) -}}
{{- default $name .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{- /* A selector cannot be changed later: nothing that changes is in it. */ -}}
{{- define "salotto.selector" -}}
app.kubernetes.io/name: salotto
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: node
{{- end -}}

{{- /* Of everything but pods. `component` is not here: a Service says its own. */ -}}
{{- define "salotto.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
app.kubernetes.io/name: salotto
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- define "salotto.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ default $.Chart.AppVersion .tag }}
{{- end -}}
{{- end -}}
{{- end -}}
