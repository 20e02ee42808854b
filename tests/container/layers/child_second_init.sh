#!/bin/sh
echo 'second init of the child'
