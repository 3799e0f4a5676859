#!/usr/bin/env bash
# Run the four stages on aarch64, emulated by QEMU, in a folder of its own (2 GB; Debian, x86-64):
#     benchmarks/aarch64.sh FOLDER [-S SECTION.PARAMETER=VALUE ...]
# and print the MD5 of every output: those of the tutorial, or with $(cat recipes/forecast) of the
# recipe. What is set up stays in FOLDER, for the next run.
set -euo pipefail
project=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "$1"
folder=$(cd "$1" && pwd)
shift
root=$folder/root

fetch() { # an architecture's packages, with lists of their own: the system's stay as they are
	local architecture=$1 state=$folder/$1
	shift
	mkdir -p "$state/lists/partial" "$state/cache/archives/partial" "$root"
	touch "$state/status"
	cat > "$state/apt.conf" <<-END
		APT::Architecture "$architecture";
		APT::Architectures { "$architecture"; };
		Dir::State "$state";
		Dir::State::status "$state/status";
		Dir::Cache "$state/cache";
	END
	(
		cd "$state"
		export APT_CONFIG=$state/apt.conf
		apt-get -qq update
		apt-get -qq download "$@"
		for package in ./*.deb; do dpkg-deb -x "$package" "$root"; done
	)
}

if ! test -e "$folder/ready"; then
	fetch amd64 qemu-user-static
	fetch arm64 libc6 libstdc++6 libgcc-s1 libgomp1 libcrypt1 zlib1g libssl3 libffi8 libexpat1 \
		libbz2-1.0 liblzma5 libsqlite3-0 libuuid1 libncursesw6 libtinfo6 libreadline8 \
		python3.11-minimal libpython3.11-minimal libpython3.11-stdlib
	# Not the whole lock: of what DVC needs, not all is to be had as wheels.
	python "$project/benchmarks/wheels.py" > "$folder/requirements.txt"
	python -m pip install --quiet --disable-pip-version-check --no-deps --only-binary :all: \
		--python-version 3.11 --target "$root/site" \
		$(printf -- '--platform manylinux_%s_aarch64 ' 2_17 2_24 2_26 2_27 2_28 2_31 2_34 2_35 2_36) \
		--platform manylinux2014_aarch64 --requirement "$folder/requirements.txt"
	# LiteRT reads the host's where there is none.
	mkdir -p "$root/proc"
	cat > "$root/proc/cpuinfo" <<-'END'
		processor	: 0
		Features	: fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm
		CPU implementer	: 0x41
		CPU architecture: 8
		CPU variant	: 0x3
		CPU part	: 0xd0c
		CPU revision	: 1
	END
	touch "$folder/ready"
fi

work=$folder/work
rm -rf "$work"
mkdir -p "$work"/{data,models,metrics}
cp -r "$project"/{stages,regression} "$work"
cp "$project/tests/frozen/params.yaml" "$work"
cp "$project"/tests/frozen/data/* "$work/data"
cd "$work"
python - "$@" <<-'END' # as `dvc exp run` does
	import sys
	from dvc.utils.hydra import apply_overrides
	apply_overrides("params.yaml", [word for word in sys.argv[1:] if word != "-S"])
END
for stage in prepare split train evaluate; do
	PYTHONPATH=$root/site:$work OMP_NUM_THREADS=1 "$root/usr/bin/qemu-aarch64-static" -L "$root" \
		"$root/usr/bin/python3.11" -m "stages.$stage"
done
md5sum data/* models/* metrics/*
