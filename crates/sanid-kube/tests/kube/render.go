// Renders the chart as Helm does: Go's text/template, sprig's functions, and the few that Helm adds. Helm
// itself is in no package of Debian's.
//
// render CHART KUBEVERSION VALUES.json: prints one JSON object, template file -> its documents; NOTES.txt as
// one text.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig"
	"sigs.k8s.io/yaml"
)

type files struct{ chart string }

func (f files) Get(name string) string {
	text, err := os.ReadFile(filepath.Join(f.chart, name))
	check(err)
	return string(text)
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func read(path string, into interface{}) {
	text, err := os.ReadFile(path)
	check(err)
	check(yaml.Unmarshal(text, into))
}

// What the user gives goes over the chart's values, map by map.
func merge(base, over map[string]interface{}) {
	for key, value := range over {
		from, isMap := value.(map[string]interface{})
		into, wasMap := base[key].(map[string]interface{})
		if isMap && wasMap {
			merge(into, from)
		} else {
			base[key] = value
		}
	}
}

func main() {
	chart, version := os.Args[1], os.Args[2]
	values, given, about := map[string]interface{}{}, map[string]interface{}{}, map[string]interface{}{}
	read(filepath.Join(chart, "values.yaml"), &values)
	check(json.Unmarshal([]byte(os.Args[3]), &given))
	read(filepath.Join(chart, "Chart.yaml"), &about)
	merge(values, given)
	context := map[string]interface{}{
		"Values":       values,
		"Chart":        map[string]interface{}{"AppVersion": about["appVersion"], "Name": about["name"]},
		"Release":      map[string]interface{}{"Name": "sanid", "Namespace": "sanid-system", "Service": "Helm"},
		"Capabilities": map[string]interface{}{"KubeVersion": map[string]interface{}{"Version": version}},
		"Files":        files{chart},
	}
	functions := sprig.TxtFuncMap()
	all := template.New("chart")
	functions["toYaml"] = func(value interface{}) string {
		text, err := yaml.Marshal(value)
		check(err)
		return strings.TrimSuffix(string(text), "\n")
	}
	functions["include"] = func(name string, data interface{}) (string, error) {
		var out strings.Builder
		err := all.ExecuteTemplate(&out, name, data)
		return out.String(), err
	}
	all.Funcs(functions).Option("missingkey=error")
	paths, err := filepath.Glob(filepath.Join(chart, "templates", "*"))
	check(err)
	for _, path := range paths {
		text, err := os.ReadFile(path)
		check(err)
		_, err = all.New(filepath.Base(path)).Parse(string(text))
		check(err)
	}
	rendered := map[string]interface{}{"values.yaml": values}
	for _, path := range paths {
		name := filepath.Base(path)
		if strings.HasPrefix(name, "_") {
			continue
		}
		var out strings.Builder
		check(all.ExecuteTemplate(&out, name, context))
		if strings.HasSuffix(name, ".txt") {
			rendered[name] = out.String()
			continue
		}
		documents := []interface{}{}
		for _, text := range strings.Split("\n"+out.String(), "\n---") {
			var document interface{}
			check(yaml.UnmarshalStrict([]byte(text), &document))
			if document != nil {
				documents = append(documents, document)
			}
		}
		rendered[name] = documents
	}
	check(json.NewEncoder(os.Stdout).Encode(rendered))
}
