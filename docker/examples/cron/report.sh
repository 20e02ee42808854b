#!/bin/sh
read -r count </run/count
echo "the application has counted to $count"
