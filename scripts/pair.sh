# shellcheck shell=bash
# pair.sh - sourced by the scripts that run a server and a client on this machine.

# A TCP port that nothing listens on.
free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# Whether a process listens on a TCP port, by the kernel's tables: a connection would be taken for a client.
listens() {
  local hexadecimal
  printf -v hexadecimal '%04X' "$1"
  grep --quiet --extended-regexp "^ *[0-9]+: [0-9A-F]+:$hexadecimal [0-9A-F]+:0000 0A" /proc/net/tcp /proc/net/tcp6 2>/dev/null
}

# pair OUTPUT SERVER... ::: CLIENT...: runs both to their end; "PORT" in either stands for one free port. What the client
# prints goes to OUTPUT, what the server prints to OUTPUT.server. Fails, and shows both, when either fails.
pair() {
  local output=$1 port server client
  shift
  port=$(free_port)
  server=() client=()
  while [[ "$1" != ::: ]]; do server+=("${1/PORT/$port}"); shift; done
  shift
  for word in "$@"; do client+=("${word/PORT/$port}"); done

  timeout 120 "${server[@]}" >"$output.server" 2>&1 &
  local server_id=$!
  until listens "$port"; do
    if ! kill -0 "$server_id" 2>/dev/null; then break; fi
    sleep 0.01
  done
  local failed=0
  timeout 120 "${client[@]}" >"$output" 2>&1 || failed=1
  if [[ $failed -eq 1 ]]; then kill "$server_id" 2>/dev/null || true; fi
  wait "$server_id" || failed=1
  if [[ $failed -eq 1 ]]; then
    { echo "failed: ${client[*]}"; cat "$output"; echo "its server:"; cat "$output.server"; } >&2
    return 1
  fi
}

# The row of perftest's table for a size: its first field is the size.
perftest_row() {
  awk -v size="$2" '$1 == size && NF > 2 { row = $0 } END { if (row == "") exit 1; print row }' "$1"
}
