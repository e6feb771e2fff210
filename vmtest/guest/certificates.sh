# Certificates as an administrator makes them, in the directory $1, and one that has expired. Run on the machine
# of the harness.
mkdir -p "$1"
cd "$1"
key='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'
# shellcheck disable=SC2086 # words
openssl req -x509 $key -days 30 -subj /CN=ca -keyout ca.key -out ca.pem
echo 'subjectAltName = IP:127.0.0.1' >extensions
for one in server:30 client:30 expired:-1; do
    name=${one%:*}
    # shellcheck disable=SC2086 # words
    openssl req $key -subj "/CN=$name" -keyout "$name.key" -out request
    openssl x509 -req -in request -CA ca.pem -CAkey ca.key -CAcreateserial -days "${one#*:}" \
        -extfile extensions -out "$name.pem"
done
