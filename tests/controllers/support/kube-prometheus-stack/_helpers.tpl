{{- /* What a Prometheus selects: what the values say; else what is labelled with the release, or everything. */ -}}
{{- define "selector" -}}
{{- $release := index . 0 }}{{ $given := index . 1 }}{{ $isReleaseOnly := index . 2 }}
{{- if $given }}{{ toJson $given }}
{{- else if $isReleaseOnly }}{{ toJson (dict "matchLabels" (dict "release" $release)) }}
{{- else }}{}
{{- end }}
{{- end }}
