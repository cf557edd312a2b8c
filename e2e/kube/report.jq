# The report of a run of ginkgo as Markdown: how many passed, and each that did not with the reason; then those that passed.
[.[].SpecReports[] | select(.LeafNodeType == "It")] as $all
| [$all[] | select(.State == "passed" or .State == "failed" or .State == "timedout" or .State == "panicked" or .State == "interrupted" or (.State == "skipped" and (.Failure.Message // "") != ""))] as $run
| def name: (.ContainerHierarchyTexts + [.LeafNodeText]) | join(" ") | gsub("\\|"; "\\|");
  def of($state): [$run[] | select(.State == $state)];
  def reason: (.Failure.Message // "") | gsub("[\\n|]"; " ") | .[0:300];
"\(of("passed") | length) passed, \([$run[] | select(.State != "passed" and .State != "skipped")] | length) failed, \(of("skipped") | length) skipped by themselves\n",
"| test | result | seconds | reason |\n|---|---|---:|---|",
($run | sort_by(.State == "passed", name)[] | "| \(name) | \(.State) | \(.RunTime / 1e9 | round) | \(if .State == "passed" then "" else reason end) |")
