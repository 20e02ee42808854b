#!/bin/sh
echo 'finish of the child'
