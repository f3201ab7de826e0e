#!/usr/bin/env bash
# chat_contract.sh WEIR: what weir chat sends: pipes, files, and conversations that are saved, continued and given.
. "${BASH_SOURCE%/*}/contract_lib.sh"

sim plain --plain
to_plain=(--base-url "$url_plain" --model a/b)
holds() { grep -q -e "$2" "$1" || wrong "$1 does not hold '$2'"; }

title="what is piped in follows the prompt, after a blank line"
printf 'diff --git a b\n+x\n\n' >diff
input=diff run 0 explain chat "${to_plain[@]}" Review this
out_has '"content":"Review this\\n\\ndiff --git a b\\n+x"'
input=diff run 0 chat "${to_plain[@]}" Review this
out_has 'You said: "Review this diff --git a b +x"'
for closed in /dev/null empty; do
  : >empty
  input=$closed run 0 explain chat "${to_plain[@]}" hello
  out_has '"content":"hello"'
done
"$weir" explain chat "${to_plain[@]}" hello <&- >out 2>err
out_has '"content":"hello"'
printf 'caf\xe9' >latin
input=latin run 2 chat "${to_plain[@]}" hello
err_has 'standard input is not UTF-8'

title="a slow program in a pipeline is waited for, and an inherited pipe that is idle is not"
(sleep 3; echo late) | "$weir" explain chat "${to_plain[@]}" Review >out 2>err
out_has '"content":"Review\\n\\nlate"'
[ ! -s err ] || wrong "stderr is not empty"
if [ -n "$have_python" ]; then
  python3 - "$weir" "${to_plain[@]}" >out 2>err <<'P'
import subprocess, sys, time
begun = time.monotonic()
idle = subprocess.Popen([sys.argv[1], "explain", "chat", *sys.argv[2:], "hello"], stdin=subprocess.PIPE)
idle.wait(10)
waiting = subprocess.Popen([sys.argv[1], "explain", "chat", *sys.argv[2:], "hello", "-"], stdin=subprocess.PIPE)
time.sleep(3)
waiting.communicate(b"at last")
P
  out_has '"content":"hello"}'
  out_has '"content":"hello\\n\\nat last"'
  [ "$(grep -c 'brought nothing' err)" = 1 ] || wrong "it does not say that it went on"
fi

title="a prompt of 50 MB is sent, and one of more than 64 MiB refused"
head -c 50000000 /dev/zero | tr '\0' x >large
input=large run 0 explain chat "${to_plain[@]}" Count
[ "$(stat -c %s out)" -gt 50000000 ] || wrong "not all is sent"
truncate -s 70M larger
input=larger run 2 chat "${to_plain[@]}" Count
err_has 'standard input is larger than 64 MiB'
head -c 20000000 /dev/zero | tr '\0' x >some
input=large run 2 chat "${to_plain[@]}" Count -f some
err_has 'the prompt and its files are larger than 64 MiB together'
rm large larger some out
: >out

title="files go with the prompt: text under its name, images, audio and documents as parts"
printf 'int main() {}\n' >main.cpp
printf '\x89PNG\r\n\x1a\n\0picture' >p.png
printf 'RIFF\1\0\0\0WAVEfmt ' >s.wav
printf '%%PDF-1.7' >d.pdf
run 0 explain chat "${to_plain[@]}" look -f main.cpp -f p.png --file s.wav -f d.pdf
out_has '{"type":"text","text":"look\\n\\nmain.cpp:\\n```\\nint main() {}\\n```"},{"type":"image_url"'
out_has '"input_audio":{"data":"[A-Za-z0-9=]*","format":"wav"}},{"type":"file","file":{"filename":"d.pdf"'
run 0 chat "${to_plain[@]}" -f main.cpp
out_has 'You said: "main.cpp: ``` int main'
: >none
printf 'a\0b' >binary
for file in nowhere . binary; do
  run 2 chat "${to_plain[@]}" look -f main.cpp -f $file
  err_has "$file"
done

title="a conversation is saved and continued"
run 0 chat "${to_plain[@]}" one --save talk.json --system 'Be brief'
[ "$(stat -c %a talk.json)" = 600 ] || wrong "others can read it"
run 0 chat "${to_plain[@]}" --continue=talk.json two
run 0 chat "${to_plain[@]}" --continue talk.json three
run 0 explain chat "${to_plain[@]}" --continue talk.json four
out_has '"content":"one"},{"role":"assistant".*"content":"two"},{"role":"assistant".*"content":"three"},{"role":"assistant".*"content":"four"'
run 0 explain chat --base-url "$url_plain" --model c/d --continue talk.json four
out_has '"model":"c/d"'
run 0 explain chat "${to_plain[@]}" --continue talk.json --system 'Be long' four
out_has '{"role":"system","content":"Be long"},{"role":"user","content":"one"}'
run 0 chat "${to_plain[@]}" --continue talk.json five --save branch.json
holds branch.json five
if grep -q five talk.json; then wrong "the branch is in the trunk"; fi
run 0 chat "${to_plain[@]}" --json --continue talk.json --no-stream six
holds talk.json six

title="an answer that broke off is saved as far as it came, and one that never began is not"
run 7 chat "${to_plain[@]}" one --save cut.json --header 'x-fault: cut=2000'
holds cut.json 'You said: \\"one'
run 5 chat "${to_plain[@]}" one --save never.json --retries 0 --header 'x-fault: 500'
[ ! -e never.json ] || wrong "never.json is there"

title="what arrived before a signal, or before the reader of stdout left, is saved"
sim paced --plain --gap 20ms --tokens 500
to_paced=(--base-url "$url_paced" --model a/b)
command="chat (SIGTERM)"
"$weir" chat "${to_paced[@]}" one --save killed.json >out 2>err &
pid=$!
for _ in $(seq 250); do grep -q 'one' out && break; sleep 0.02; done
kill -TERM "$pid"
wait "$pid"
[ $? = 143 ] || wrong "the exit code is not 143"
holds killed.json 'You said: \\"one'
"$weir" chat "${to_paced[@]}" one --save left.json 2>err | head -c 4 >out
[ "${PIPESTATUS[0]}" = 141 ] || wrong "the exit code is not 141"
holds left.json '"content":"You'

title="a file that holds something else is refused, and untouched"
sed 's/"version":1/"version":2/' talk.json >v2.json
head -c 100 talk.json >half.json
cp main.cpp source.json
refused() { # FILE REASON
  local before
  before=$(sha256sum "$1")
  run 2 chat "${to_plain[@]}" --continue="$1" hello
  err_has "$2"
  run 2 chat "${to_plain[@]}" --save "$1" hello
  err_has "$2"
  [ "$(sha256sum "$1")" = "$before" ] || wrong "$1 has changed"
}
refused v2.json 'another version of weir'
refused half.json 'is damaged, or cut off'
refused source.json 'is not a conversation that weir saved'
run 2 chat "${to_plain[@]}" --save talk.json hello
err_has 'holds another conversation'
run 2 chat "${to_plain[@]}" --save no/where.json hello
err_has 'cannot write to no/'
run 2 chat "${to_plain[@]}" --continue=none.json hello
err_has 'cannot read none.json'
run 2 chat "${to_plain[@]}" --continue hello
err_has 'there is no conversation to go on with'

title="a conversation that cannot be saved is printed, and one line"
mkdir sealed
run 0 chat "${to_plain[@]}" one --save sealed/talk.json
if [ "$(id -u)" != 0 ]; then
  chmod 500 sealed
  run 2 chat "${to_plain[@]}" --continue sealed/talk.json two
  err_has 'cannot write to sealed/'
  chmod 700 sealed
fi

title="messages and the results of tools come from files"
printf '[{"role":"user","content":"old"},{"role":"assistant","content":"answer"}]' >list.json
run 0 explain chat "${to_plain[@]}" --messages list.json new
out_has '"messages":\[{"role":"user","content":"old"},{"role":"assistant","content":"answer"},{"role":"user","content":"new"}\]'
input=list.json run 0 explain chat "${to_plain[@]}" --messages - new
out_has '"content":"old"'
run 2 chat "${to_plain[@]}" --messages main.cpp new
err_has 'main.cpp'
tools='[{"type":"function","function":{"name":"gauge","parameters":{"type":"object","properties":{"at":{"type":"string"}}}}}]'
summary_lines=2 run 0 chat "${to_plain[@]}" --param "tools=$tools" --save tools.json use the tool
out_has '^gauge('
id=$(grep -o 'call_[0-9]*' tools.json | head -1)
err_has "^to give a result: weir chat -m a/b --base-url $url_plain --continue=tools.json --tool-result $id=FILE$"
run 2 chat "${to_plain[@]}" --continue=tools.json well
err_has "waiting for the result of $id (gauge)"
run 2 chat "${to_plain[@]}" --continue=tools.json --tool-result call_none=diff
err_has "waiting for $id (gauge)"
run 0 chat "${to_plain[@]}" --continue=tools.json --tool-result "$id=diff"
holds tools.json '"role":"tool","content":"diff --git a b\\n+x\\n\\n","tool_call_id"'

title="the command that gives a result can be pasted, whatever the words are, and holds no key"
run 0 chat --save "it's 1.json" --header "x-auth-token: $canary" "${to_plain[@]}" --param "tools=$tools" -q use the tool
[ ! -s err ] || wrong "stderr is not empty"
printf '{"model": "a/b", "base_url": "%s"}' "$url_plain" >"a file.json"
summary_lines=2 run 0 chat --save "it's 2.json" --header "x-auth-token: $canary" --config "a file.json" --param "tools=$tools" use the tool
line=$(sed -n 's/^to give a result: weir//p' err)
command=$line
echo sunny >FILE
eval "'$weir' ${line} well" >out 2>err || wrong "the command that is proposed fails"
holds "it's 2.json" '"role":"tool","content":"sunny\\n"'

title="events have times, the summary has rates"
run 0 chat "${to_plain[@]}" --json hello
json_ends complete 'all(line["at_ms"] >= 0 for line in lines[:-1]) and lines[-2]["at_ms"] <= last["total_ms"] + 50'
run 0 chat --base-url "$url_plain" --model a/b --header 'x-interval: 5ms' hello
err_has 'first token [0-9.]* [a-z]* · [0-9]* tokens/s'

finish
