# A person's shell in the guest of a case, in place of the script of the case: cargo xtask vm CASE --shell.
echo
echo "The script of this case is run by: bash /vm/case.sh. To turn this guest off: exit. $1"
exec bash --rcfile /vm/lib.sh -i
