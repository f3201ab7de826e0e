#!/usr/bin/env bash
# batch_media_contract.sh WEIR: jobs whose inputs or results are images, sound and videos, and jobs of other tasks.
. "${BASH_SOURCE%/*}/contract_lib.sh"

sim plain --plain
at() { # VENDOR: the options for the simulated vendor
  where=(--provider "$1" --base-url "$url_plain/$1" --model "${2:-a/b}")
}
starts_with() { [ "$(head -c "${#2}" "$1" 2>/dev/null)" = "$2" ] || wrong "$1 does not begin with $2"; }
rows_are() { [ "$(wc -l <"$1")" = "$2" ] || wrong "$1 has not $2 lines: $(head -c 500 "$1")"; }
has() { grep -q -e "$2" "$1" || wrong "$1 does not hold '$2': $(head -c 500 "$1")"; }
png=$(printf '\x89PNG')
summary_lines=12

mkdir -p audio/talks images/more
for i in 1 2 3; do printf 'RIFF\0\0\0\0WAVE%s' $i >audio/$i.wav; done
printf 'RIFF\0\0\0\0WAVE4' >audio/talks/4.wav
for i in 1 2; do printf '\x89PNG\r\n\x1a\n%s' $i >images/$i.png; done
printf '\x89PNG\r\n\x1a\n3' >images/more/3.png
echo 'no image' >images/notes.txt
printf '\x89PNG\r\n\x1a\n5' >images/.hidden.png
printf 'a weir at dawn\na weir at dusk\n' >prompts.txt

title="a folder of audio is transcribed, each file with its text"
for vendor in openai hf-inference fal-ai; do
  at $vendor
  case $vendor in
  openai) where=(--provider openai --base-url "$url_plain/v1" --model whisper-1) ;;
  hf-inference) at $vendor weir/automatic-speech-recognition ;;
  esac
  run 0 batch audio/ --task automatic-speech-recognition "${where[@]}" -o heard-$vendor.csv
  rows_are heard-$vendor.csv 5
  [ "$(head -1 heard-$vendor.csv)" = file,answer,weir_error ] || wrong "the header is $(head -1 heard-$vendor.csv)"
  has heard-$vendor.csv '^audio/talks/4.wav,[a-zA-Z]'
done
run 0 batch ./audio --task automatic-speech-recognition "${where[@]}" -o heard-fal-ai.csv
err_has '4 from an earlier run'

title="a file that is added is asked, one that changes is refused"
printf 'RIFF\0\0\0\0WAVE5' >audio/5.wav
run 0 batch audio --task automatic-speech-recognition "${where[@]}" -o heard-fal-ai.csv
err_has 'requests  *1 in'
printf 'RIFF\0\0\0\0WAVE6' >audio/5.wav
run 2 batch audio --task automatic-speech-recognition "${where[@]}" -o heard-fal-ai.csv --quiet
err_has '"audio/5.wav" was answered in an earlier run'

title="a folder of images, for each task that takes one"
at hf-inference
for task in image-classification object-detection image-to-text; do
  run 0 batch images --task $task --provider hf-inference --base-url "$url_plain/hf-inference" --model weir/$task -o $task.jsonl
  rows_are $task.jsonl 3
  has $task.jsonl '"columns":{"file":"images/more/3.png"}'
done
has image-classification.jsonl '"label":"dam"'
has object-detection.jsonl '"xmin"'
run 0 batch images --task image-to-text --provider hf-inference --base-url "$url_plain/hf-inference" --model weir/image-to-text -o said.txt --quiet
rows_are said.txt 3
at hf-inference weir/zero-shot-image-classification
run 0 batch images --task zero-shot-image-classification "${where[@]}" --param candidate_labels=cat --param candidate_labels=dog -o shot.csv
has shot.csv 'cat'
run 9 batch images --task visual-question-answering --provider hf-inference --base-url "$url_plain/hf-inference" --model weir/visual-question-answering --template 'How many? {{file}}' -o vqa.csv --header 'x-fault: 400' --rounds 0 --retries 0 --quiet
run 0 batch images --task visual-question-answering --provider hf-inference --base-url "$url_plain/hf-inference" --model weir/visual-question-answering --template 'How many?' -o vqa.csv --quiet
rows_are vqa.csv 4

title="a chat about each image, of a folder or of a column"
run 0 batch images --template 'What is in {{file}}?' --base-url "$url_plain" --model a/b -o looked.csv
has looked.csv 'images/1.png,.*You said'
printf 'pic,about\nimages/1.png,colour\nhttps://example.org/x.png,size\n,nothing\n' >pics.csv
run 9 batch pics.csv --media pic --template 'Its {{about}}?' --base-url "$url_plain" --model a/b -o pics.out.csv --failures pics.bad.jsonl
err_has '2 complete, 1 failed'
has pics.bad.jsonl 'its pic is empty'
run 2 batch images --base-url "$url_plain" --model a/b -o never.csv --quiet
err_has 'images/ *is a folder\|images is a folder'

title="images, sound and videos become files, named as their items"
at fal-ai
run 0 batch prompts.txt --task text-to-image "${where[@]}" --files made -o made.csv
starts_with 'made/prompts.txt~1.png' "$png"
starts_with 'made/prompts.txt~2.png' "$png"
has made.csv ',made/prompts.txt~2.png,'
run 0 batch prompts.txt --task text-to-image "${where[@]}" --files made -o made.jsonl --journal made.jsonl.journal
has made.jsonl '"path":"made/prompts.txt~1.png"'
grep -q base64 made.jsonl made.jsonl.journal && wrong "the bytes are in the output"
printf 'name,text\nmy cat,a cat\nmy_cat,a dog\na/b,x\n' >named.csv
run 0 batch named.csv --id name --task text-to-speech --provider openai --base-url "$url_plain/v1" --model tts-1 --param voice=alloy --files spoken -o spoken.csv
starts_with spoken/my_cat.wav RIFF
[ "$(find spoken -name '*.wav' | wc -l)" = 3 ] || wrong "names collide: $(find spoken)"
starts_with spoken/a/b.wav RIFF
at wavespeed a/video
run 0 batch prompts.txt --task text-to-video "${where[@]}" --files films -o films.jsonl --limit 1
[ -s 'films/prompts.txt~1.mp4' ] || wrong "no video: $(find films)"
at fal-ai
run 0 batch images --task image-to-image "${where[@]}" --template 'in blue' --files blue -o blue.csv
starts_with blue/images/more/3.png.png "$png"
run 0 batch images --task image-segmentation "${where[@]}" --files masks -o masks.csv
has masks.csv ',"*masks/images/1.png'
[ -z "$(find . -name '*.part-*')" ] || wrong "a partial file is left"

title="what is there is not asked again, whether the journal is or not"
at fal-ai
run 0 batch prompts.txt --task text-to-image "${where[@]}" --files made -o made.csv
err_has '2 from an earlier run'
rm made.csv made.csv.journal
cp -p 'made/prompts.txt~1.png' before.png
run 0 batch prompts.txt --task text-to-image "${where[@]}" --files made -o made.csv
err_has '2 from an earlier run'
grep -q '^requests' err && wrong "something was asked"
has made.csv ',made/prompts.txt~2.png,'
[ ! 'made/prompts.txt~1.png' -nt before.png ] || wrong "a file was written again"

title="a file that is gone is asked for with --force, and only it"
rm 'made/prompts.txt~2.png'
run 0 batch prompts.txt --task text-to-image "${where[@]}" --files made -o made.csv
[ ! -e 'made/prompts.txt~2.png' ] || wrong "it was paid for twice"
run 0 batch prompts.txt --task text-to-image "${where[@]}" --files made -o made.csv --force
err_has 'requests  *1 in'
starts_with 'made/prompts.txt~2.png' "$png"

title="the files of another job stay as they are"
cp 'made/prompts.txt~1.png' before.png
run 2 batch prompts.txt --task text-to-image "${where[@]}" --param seed=5 --files made -o other.csv --quiet
err_has 'the file made/prompts.txt~1.png answers another request of the item "prompts.txt:1"'
cmp -s 'made/prompts.txt~1.png' before.png || wrong "it was replaced"

title="killed, and run again: every file is whole, and none is missing"
seq 60 | sed 's/^/picture /' >many.txt
for _ in 1 2 3; do
  "$weir" batch many.txt --task text-to-image "${where[@]}" --files many -o many.csv --quiet --concurrency 8 &
  sleep "0.1$RANDOM"
  kill -KILL $! 2>/dev/null
  wait $! 2>/dev/null
done
run 0 batch many.txt --task text-to-image "${where[@]}" --files many -o many.csv --quiet
[ "$(find many -name '*.png' -size +500c | wc -l)" = 60 ] || wrong "there are $(find many -name '*.png' | wc -l) files"
[ "$(find many -type f | wc -l)" -le 64 ] || wrong "parts are left: $(find many -name '*part*')"
rows_are many.csv 61

title="without a folder, bytes go into JSONL and nowhere else"
run 2 batch prompts.txt --task text-to-image "${where[@]}" -o bytes.csv --quiet
err_has 'name a folder for them, --files DIR'
[ ! -e bytes.csv.journal ] || wrong "a job was begun"
run 0 batch prompts.txt --task text-to-image "${where[@]}" -o bytes.jsonl
has bytes.jsonl '"base64":"iVBOR'

title="a folder that cannot be used is refused before anything is sent"
run 2 batch prompts.txt --task text-to-image "${where[@]}" --files prompts.txt -o f.csv --quiet
err_has 'the folder of files, prompts.txt, is a file'
run 2 batch prompts.txt --task text-to-image "${where[@]}" --files audio -o f.csv --quiet
err_has 'the folder of files, audio, has files of others'
run 2 batch images --task image-to-image "${where[@]}" --template x --files images/out -o f.csv --quiet
err_has 'cannot be in one another'
run 2 batch images/1.png --task image-to-image "${where[@]}" --template x --files images -o f.csv --quiet
err_has 'the folder of files, images, has files of others'
[ ! -e f.csv.journal ] || wrong "a job was begun"
run 2 batch images --task automatic-speech-recognition "${where[@]}" -o f.csv --quiet
err_has 'images has no files of the kind that the task takes'

title="a file that cannot be written ends the job, and its bytes are kept"
mkdir -p 'stuck/prompts.txt~1.png'
: >stuck/.weir-files.jsonl
run 7 batch prompts.txt --task text-to-image "${where[@]}" --files stuck -o stuck.jsonl --concurrency 1 --quiet
err_has 'cannot write stuck/prompts.txt~1.png'
has stuck.jsonl '"base64":"iVBOR'
rmdir 'stuck/prompts.txt~1.png'
run 0 batch prompts.txt --task text-to-image "${where[@]}" --files stuck -o stuck.jsonl --quiet
rows_are stuck.jsonl 2

title="large pictures on a disk that fills up, with the journal on it: each is a file in the end, and paid for once"
if can_mount; then
  at hf-inference weir/text-to-image
  seq 12 | sed 's/^/large picture /' >large.txt
  mkdir disk
  # Pictures of 786 kB on a disk of so many MiB, in its own view of the files, and again once there is room.
  for size in 6 7 8 9 10; do
    unshare -rm bash -c '
      mount -t tmpfs -o size="$1m" none disk || exit 99
      shift
      "$@" 2>first
      echo $? >code
      mount -o remount,size=64m disk
      "$@" 2>second
      echo $? >>code
      find disk/made -name "*.png" -size +767k -size -770k | wc -l >pictures' bash $size \
      "$weir" batch large.txt --task text-to-image "${where[@]}" --param width=512 --param height=512 --concurrency 3 \
      --files disk/made --journal disk/j -o large-$size.jsonl
    cat first second >err
    [ "$(tr '\n' ' ' <code)" = '7 0 ' ] || wrong "on $size MiB: exit codes $(tr '\n' ' ' <code)"
    [ "$(cat pictures)" = 12 ] || wrong "on $size MiB: $(cat pictures) pictures"
    paid=$(sed -n 's/^requests  *\([0-9]*\) .*/\1/p' first second | paste -sd+)
    [ $((paid)) = 12 ] || wrong "on $size MiB: $paid requests for 12 pictures"
    grep -q base64 large-$size.jsonl && wrong "on $size MiB: bytes are in the output"
  done
fi

title="embeddings, of each provider"
for vendor in openai together; do
  at $vendor
  [ $vendor = openai ] && where=(--provider openai --base-url "$url_plain/v1" --model e)
  run 0 batch prompts.txt --task feature-extraction "${where[@]}" --select vector=.data[0].embedding -o vectors-$vendor.csv
  has vectors-$vendor.csv ',"\[-*[0-9.]*,'
done

title="a parameter that the task does not have"
run 2 batch prompts.txt --task text-to-image "${where[@]}" --param guidance_scal=3 -o f.jsonl --quiet
err_has 'guidance_scale'

finish
