#!/bin/sh
# Fetches torchvision's ImageNet weights of resnet18, resnet34 and resnet50 (45, 83 and 98 MB) into a
# folder and checks them: the file names hold the first eight digits of their SHA-256.
#
#     scripts/fetch_torchvision.sh FOLDER
set -eu
folder=${1:?usage: fetch_torchvision.sh FOLDER}
mkdir -p "$folder"
for name in resnet18-f37072fd.pth resnet34-b627a593.pth resnet50-0676ba61.pth; do
    file=$folder/$name
    [ -f "$file" ] || { curl -fL --retry 3 -o "$file.part" "https://download.pytorch.org/models/$name" &&
        mv "$file.part" "$file"; }
    digits=$(sha256sum "$file" | cut -c1-8)
    case $name in
        *-"$digits".pth) echo "$file: as named" ;;
        *) echo "$file is damaged: its SHA-256 begins with $digits; delete it and run again" >&2; exit 1 ;;
    esac
done
