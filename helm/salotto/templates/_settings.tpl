{{- /* The node's settings, and the times that follow from them. */ -}}

{{- /* As YAML: what the chart proposes, over it .Values.settings, over it what the chart rules. */ -}}
{{- define "salotto.settings" -}}
{{- $proposed := dict "log" (dict "format" "json") -}}
{{- $ruled := dict "gateway" (dict "listen" "0.0.0.0:8080")
                   "admin" (dict "listen" "0.0.0.0:8081") -}}
{{- if eq .Values.mode "single" -}}
{{- $_ := set $proposed "drain" (dict "endpoint_delay_ms" 0 "window_ms" 2000) -}}
{{- $_ := set $ruled "store" (dict "url" "sqlite:/var/lib/salotto/salotto.db") -}}
{{- else -}}
{{- $_ := set $proposed "drain" (dict "endpoint_delay_ms" 10000 "window_ms" 90000) -}}
{{- end -}}
{{- mergeOverwrite $proposed (deepCopy .Values.settings) $ruled | toYaml -}}
{{- end -}}

{{- /* Numbers are whole (the schema says so), yet YAML's come as floats; JSON's strings and lists
       of strings are TOML's as well. */ -}}
{{- define "salotto.toml" -}}
{{- range $section, $keys := include "salotto.settings" . | fromYaml }}
[{{ $section }}]
{{- range $key, $value := $keys }}
{{ $key }} = {{ if or (kindIs "float64" $value) (kindIs "int64" $value) -}}
{{ int64 $value }}{{ else }}{{ toJson $value }}{{ end }}
{{- end }}
{{ end -}}
{{- end -}}

{{- /* Seconds until a SIGKILL: the drain, and half a minute to commit what is queued. The node
       itself accepts on while balancers notice, so there is no preStop. */ -}}
{{- define "salotto.grace" -}}
{{- $drain := (include "salotto.settings" . | fromYaml).drain -}}
{{- $ms := add (int64 $drain.endpoint_delay_ms) (int64 $drain.window_ms) -}}
{{- add (div (add $ms 999) 1000) 30 -}}
{{- end -}}

{{- define "salotto.replicas" -}}
{{- default (ternary 1 3 (eq .Values.mode "single")) .Values.replicas | int -}}
{{- end -}}

{{- /* Seconds that a new node must be ready before the next step of a rollout. Paced: until the
       node before it has sent everybody away. */ -}}
{{- define "salotto.minReady" -}}
{{- if eq .Values.rollout "paced" -}}
{{- sub (include "salotto.grace" .) 30 -}}
{{- else -}}
15
{{- end -}}
{{- end -}}
