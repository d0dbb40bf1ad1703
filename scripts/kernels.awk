# kernels.awk - docs/KERNELS.md from the answers that scripts/kernels collected, one file for each kernel and question. A kernel and a device
# are a column, which the first answer of theirs opens: `column`.

function cell(table, row, column, text) {
  if (!((table, row) in known)) { known[table, row] = 1; rows[table, ++count[table]] = row }
  content[table, row, column] = text
}
function table_of(name, title,    line, r, c) {
  line = "| " title
  for (c = 1; c <= columns; c++) line = line " | " heading[c]
  print line " |"
  line = "|---"
  for (c = 1; c <= columns; c++) line = line "|---"
  print line "|"
  for (r = 1; r <= count[name]; r++) {
    line = "| " rows[name, r]
    for (c = 1; c <= columns; c++) line = line " | " (((name, rows[name, r], c) in content) ? content[name, rows[name, r], c] : "")
    print line " |"
  }
  print ""
}
# any TABLE: whether it has an entry. list TABLE TEXTS ...: its entries in order, with their texts.
function any(table,    name) { for (name in table) return 1; return 0 }
function list(table, texts,    name, names, total, i, j) {
  for (name in table) names[++total] = name
  for (i = 2; i <= total; i++) {
    name = names[i]
    for (j = i - 1; j > 0 && names[j] > name; j--) names[j + 1] = names[j]
    names[j + 1] = name
  }
  for (i = 1; i <= total; i++) print "| " names[i] " | " texts[names[i]] " |"
  print ""
}
$1 == "kernel" { release = $2; date = $3 }
$1 == "device" {
  device = $2
  if (!((release, device) in place)) { place[release, device] = ++columns; heading[columns] = release "<br>" device }
  column = place[release, device]
  cell("main", "date", column, date)
}
/ scenarios agree, / {
  match($0, /rules of [^:]*/); cell("main", "rules", column, substr($0, RSTART + 9, RLENGTH - 9))
  match($0, /[0-9]+ scenarios agree/); cell("main", "scenarios that agree", column, substr($0, RSTART, RLENGTH - 16))
  match($0, /[0-9]+ differ/); cell("main", "scenarios that differ", column, substr($0, RSTART, RLENGTH - 7))
  match($0, /[0-9]+ cannot/); cell("main", "cannot be played", column, substr($0, RSTART, RLENGTH - 7))
}
/ programs from seed .* agree / { cell("main", "random programs without a difference", column, $1 " (seed " $5 " on)") }
/ programs searched, / { cell("teeth", "(programs searched)", column, $1) }
FILENAME !~ /teeth/ && $1 == "unplayed" { count_unplayed[column] += $2; cell("main", "random programs that could not be played", column, count_unplayed[column]) }
$1 == "unsteady" {
  count_unsteady[column] += $2
  cell("main", "random programs that differed once, and not when run again", column, count_unsteady[column])
}
/^# program / { cell("main", "random programs without a difference", column, "**differs at program " $3 "**") }
/^differs in / { cell("main", "programs that tell, and differ otherwise", column, "**" $3 "**") }
$1 == "agrees" { sub(/:$/, "", $2); cell("scenarios", $2, column, "agrees, " $3 " " $4 " orders") }
$1 == "DIFFERS" { cell("scenarios", $2, column, "**differs**") }
$1 == "-" { name = $2; sub(/:$/, "", name); sub(/^- *[^:]*: */, ""); if (!(name in lacks) || device != "gup-test" && device != "hmm") lacks[name] = $0; lacking[name]++ }
$1 == "recorded" && $2 ~ /^(c[0-9]|fixed-buffer-files|longterm)/ {
  sub(/:$/, "", $2); name = $2
  sub(/^recorded [^ ]* predicted /, ""); split($0, sides, "; seen ")
  text = "predicted " sides[1] "<br>seen " sides[2]
  if ((column, name) in selftests) text = selftests[column, name] "<br>" text
  selftests[column, name] = text
  cell("selftests", name, column, text)
}
$1 == "unseen" { name = $2; sub(/:$/, "", name); sub(/^unseen *[^ ]* /, ""); unseen[column, name]++; cell("unseen", name, column, unseen[column, name]); example[name] = $0 }
$1 == "silent" { name = $2; sub(/^silent *[^ ]* */, ""); silent[name]++; reason[name] = $0 }
$1 == "caught" { cell("teeth", $2, column, $3) }
$1 == "missed" { name = $2; cell("teeth", name, column, "not seen"); if (sub(/^.*not seen: /, "")) unnoticed[name] = $0 }
END {
  print "# Kernels that were asked\n"
  print "Put together by `scripts/kernels` from one file of answers a kernel and question; do not edit. A kernel may have been asked less than another: the"
  print "counts are in the table, and an empty cell was not asked. Each scenario of `litmus/` that a kernel can play, and random programs, ran on real"
  print "kernels and on the model of exactly that version, one statement after the other. Compared after each statement: its outcome"
  print "(data, errno, signal), which pages share a page frame and which lie in a device's memory, where areas begin and their flags (smaps), what"
  print "is locked and pinned on each process's account (VmLck, VmPin), what io_uring has charged to the user of a process under a limit, which no"
  print "file tells (the process tries how much room is left); at the end, how many pins are held (/proc/vmstat) and that none is left."
  print "Not compared: races inside one statement.\n"
  print "A column is a kernel and what plays the scenario's device: io_uring's fixed buffers; a verbs device's memory regions (Soft-RoCE); the"
  print "kernel's own test of longterm pins, `gup-test`; a mirror of the page tables by its test device for heterogeneous memory, `hmm`. The last"
  print "two are in the kernel that `scripts/vm/build full` compiles; there all four move pages to that device's memory where a scenario does, and"
  print "map an NVMe controller's own memory.\n"
  table_of("main", "")
  print "## Programs until a wrong rule is noticed\n"
  print "One switch of the kernel's rules is turned over, and random programs run until kernel and model part; those of which the"
  print "model says that they show nothing of it are passed over. \"not seen\": the model runs"
  print "some programs otherwise, but differs in nothing that those so far could observe. An empty cell: not asked there.\n"
  table_of("teeth", "switch")
  if (any(unnoticed)) {
    print "Switches that the model runs some programs otherwise by, without anything that could be seen, and why:\n\n| switch | reason |\n|---|---|"
    list(unnoticed, unnoticed)
  }
  if (any(silent)) {
    print "Switches on which no random program depends, and why:\n\n| switch | reason |\n|---|---|"
    list(silent, reason)
  }
  print "## The selftest cases, predicted and seen\n"
  print "What each case records: the model\047s word and the kernel\047s.\n"
  table_of("selftests", "case")
  print "## Races: allowed, and never seen\n"
  print "Statements are run one after the other. Where they overlap the model allows outcomes that no order of whole statements shows:"
  print "so many for each scenario, and one of them.\n"
  for (r = 1; r <= count["unseen"]; r++) { name = rows["unseen", r]; rows["unseen", r] = name " (`" example[name] "`)"; for (c = 1; c <= columns; c++) if (("unseen", name, c) in content) content["unseen", rows["unseen", r], c] = content["unseen", name, c] }
  if (count["unseen"]) table_of("unseen", "scenario")
  else print "None, on the kernels that were asked with `--races`.\n"
  print "## Peer-to-peer memory\n"
  print "By `scripts/peer-to-peer`: a controller\047s memory is mapped, pinned in every way that this kernel has, and its driver unbound.\n"
  while ((getline line < appendix) > 0) print line
  print ""
  print "## Scenarios\n"
  table_of("scenarios", "scenario")
  print "## Scenarios that none of these kernels can play\n"
  print "| scenario | reason |\n|---|---|"
  for (name in lacking) if (lacking[name] != columns) delete lacks[name]
  list(lacks, lacks)
}
