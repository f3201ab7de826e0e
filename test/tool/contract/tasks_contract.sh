#!/usr/bin/env bash
# tasks_contract.sh WEIR: weir run and weir explain for tasks, against simulated providers.
. "${BASH_SOURCE%/*}/contract_lib.sh"

sim plain --plain
sim tls --tls
at() { # VENDOR: the options for the simulated vendor
  where=(--provider "$1" --base-url "$url_plain/$1" --model "${2:-a/b}")
}
no_leftovers() { [ -z "$(find . -name '*.part-*')" ] || wrong "a partial file is left"; }
starts_with() { [ "$(head -c "${#2}" "$1" 2>/dev/null)" = "$2" ] || wrong "$1 does not begin with $2"; }
printf '\x89PNG\r\n\x1a\n' >pixel.png
printf 'RIFF\0\0\0\0WAVE' >sound.wav
png=$(printf '\x89PNG')

title="texts"
at hf-inference weir/summarization
run 0 run summarization "${where[@]}" --input 'A long text about weirs.'
[ -s out ] || wrong "no summary"
at hf-inference weir/zero-shot-classification
run 0 run zero-shot-classification "${where[@]}" --input 'money back' --param candidate_labels=refund --param candidate_labels=praise
out_has '^0\.[0-9]*  refund'
run 0 run zero-shot-classification "${where[@]}" --json --input 'money back' --param 'candidate_labels=["refund","praise"]'
json_ends complete "lines[0]['type'] == 'result' and len(lines[0]['result']['inputs'][0]) == 2"
at hf-inference weir/question-answering
run 0 run question-answering "${where[@]}" --input '{"question": "What?", "context": "A weir is a wall."}'
echo 'A weir is a wall.' >text
at hf-inference weir/translation
input=text run 0 run translation "${where[@]}" --input - -o translated
[ -s translated ] || wrong "no file with the translation"

title="vectors"
at together
run 0 run feature-extraction "${where[@]}" --input a --input b
[ "$(grep -c '^\[.*\]$' out)" = 2 ] || wrong "not two rows"
run 0 run feature-extraction "${where[@]}" --json --input '["a", "b"]'
json_ends complete "lines[0]['result']['shape'][0] == 2"
run 0 run feature-extraction --base-url "$url_plain/v1" --model m --input a
out_has '^\['

title="files in and out"
at fal-ai
run 0 run text-to-image "${where[@]}" --input 'a weir' -o made.png
out_has '^made.png$'
starts_with made.png "$png"
run 0 run image-to-image "${where[@]}" --input @pixel.png --param prompt=blue -o blue.png
starts_with blue.png "$png"
run 0 run automatic-speech-recognition "${where[@]}" --input @sound.wav
[ -s out ] || wrong "no text"
input=pixel.png run 0 run image-segmentation "${where[@]}" --input - -o mask.png
starts_with mask.png "$png"
run 0 run text-to-image "${where[@]}" --input x --keep-urls
out_has '^http'
run 0 run text-to-image "${where[@]}" --input x --json
json_ends complete "lines[-2]['result']['items'][0]['base64']"
"$weir" run text-to-speech "${where[@]}" --input hello --quiet >spoken 2>err || wrong "the exit code is not 0"
starts_with spoken RIFF
no_leftovers

title="jobs report their progress"
at wavespeed
summary_lines=9 run 0 run text-to-video "${where[@]}" --input 'water' -o video.mp4 --verbose
err_has '^submitted'
err_has '^running'
run 0 run text-to-video "${where[@]}" --input 'water' --json
json_ends complete "[l['stage'] for l in lines if l.get('type') == 'progress'][0] == 'submitted'"

title="a job over verified TLS"
run 0 run text-to-image --provider replicate --base-url "$url_tls/replicate" --cacert "$ca_tls" --model a/b --input x -o tls.png
starts_with tls.png "$png"

title="a job that fails"
at replicate
run 7 run text-to-image "${where[@]}" --input x -o failed.png --header 'x-fault: job-fails'
err_has 'replicate accepted the job, but it failed there'
title="a job that never ends"
run 6 run text-to-image "${where[@]}" --input x -o late.png --header 'x-fault: job-never-ends' --deadline 1500ms
err_has 'deadline was reached before job'
title="a job that is lost"
run 4 run text-to-image "${where[@]}" --input x -o lost.png --header 'x-fault: job-lost'
title="a download that is cut"
run 7 run text-to-image "${where[@]}" --input x -o cut.png --header 'x-fault: download-cut'
err_has 'broke off'
title="a download that does not exist"
run 4 run text-to-image "${where[@]}" --input x -o missing.png --header 'x-fault: download-missing'
for file in failed late lost cut missing; do
  [ ! -e "$file.png" ] || wrong "$file.png was written"
done
no_leftovers

title="a task that a provider lacks"
HF_TOKEN=$canary run 3 run text-to-image --provider groq --model a/b --input x -o x.png
err_has 'groq does not offer text-to-image; these do: fal-ai, hf-inference'
HF_TOKEN=$canary run 3 run audio-to-audio --provider together --model a/b --input @sound.wav
err_has 'these do: fal-ai, hf-inference'
title="a task that does not exist"
run 2 run text-to-imag --input x
err_has "unknown task 'text-to-imag'"
run 2 run chat --input x
err_has 'weir chat'

title="a parameter that a task does not have"
at fal-ai
run 2 run text-to-image "${where[@]}" --input x --param guidance_scal=3 -o x.png
err_has 'did you mean guidance_scale?'
run 0 explain text-to-image "${where[@]}" --input x --other guidance_scal=3
out_has '"guidance_scal":3'

title="inputs that do not fit"
at hf-inference
run 2 run question-answering "${where[@]}" --input 'What?'
err_has 'not JSON'
run 2 run question-answering "${where[@]}" --input '{"question": "What?"}'
err_has 'question-answering needs a question and a context'
run 2 run text-to-image "${where[@]}" -o x.png
err_has 'text-to-image needs a prompt'
run 2 run image-classification "${where[@]}" --input cat
err_has 'takes a file as its input: --input @FILE'
run 2 run image-classification "${where[@]}" --input @nowhere.png
err_has 'cannot read nowhere.png'
run 2 run summarization "${where[@]}" --input x --param nonsense
err_has 'param takes name=value'
run 2 run zero-shot-image-classification "${where[@]}" --input @pixel.png --param candidate_labels=one
err_has 'at least two labels'
run 2 run translation "${where[@]}" --input x --param src_lang=de
err_has 'both src_lang and tgt_lang, or neither'
truncate -s 70M large.png
run 2 run image-classification "${where[@]}" --input @large.png
err_has 'larger than 64 MiB'
at together
{ cat pixel.png; head -c 100000 /dev/zero; } >frame.png
run 2 run image-to-video "${where[@]}" --input @frame.png
err_has 'up to about 45 KB, and this one has 100 KB'

title="a file that cannot be written is refused before the provider is called"
at fal-ai
run 2 run text-to-image "${where[@]}" --input x -o nowhere/x.png
err_has 'cannot write nowhere/x.png'

title="explaining sends nothing"
HF_TOKEN=$canary run 0 explain text-to-image --provider fal-ai --model a/b --input 'a weir' --param seed=3
out_has '"url":"https://router.huggingface.co/fal-ai/a/b"'
out_has '"body":{"prompt":"a weir","seed":3}'
run 0 explain text-to-image --model a/b --input 'a weir'
out_has '"url":"https://router.huggingface.co/hf-inference/models/a/b"'
out_has '"authorization":"Bearer $HF_TOKEN"'
err_has 'this is the request to hf-inference: -p names another'
run 0 explain text-to-video --model a/b --input 'a weir' --quiet
out_has '"url":"https://router.huggingface.co/fal-ai/a/b?_subdomain=queue"'
HF_TOKEN=$canary run 0 explain automatic-speech-recognition --provider deepinfra --model a/b --input @sound.wav
out_has 'multipart/form-data'

finish
