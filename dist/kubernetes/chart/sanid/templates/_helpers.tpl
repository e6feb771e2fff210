{{- define "sanid.name" -}}
sanid-kube
{{- end }}

{{- define "sanid.labels" -}}
app.kubernetes.io/name: sanid-kube
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "sanid.selector" -}}
app.kubernetes.io/name: sanid-kube
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "sanid.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}
{{- end }}

{{- define "sanid.guarded" -}}
{{- if or (eq .Values.guard.policy "always") (and (eq .Values.guard.policy "auto") (semverCompare ">=1.32.0-0" .Capabilities.KubeVersion.Version)) -}}
true
{{- end }}
{{- end }}

{{- define "sanid.directories" -}}
{{- if or .Values.apply.enabled (eq .Values.host.mount "directories") -}}
true
{{- end }}
{{- end }}
